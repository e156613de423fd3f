"""`consentry up`: all processes of the platform on one machine, started in order, watched, stopped in order."""
