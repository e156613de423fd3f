"""The gateway: takes pictures from edges and city cameras, shows each viewer exactly what was opened, and cuts."""
