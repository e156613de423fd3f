"""The frozen partition of a city into cells of at least 50 addresses, and the bands that are shown on it."""
