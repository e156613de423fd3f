"""The whole story with real processes and real streams, told without a window: `./run --once`."""
