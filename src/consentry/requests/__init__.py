"""Video requests: an agency asks residents of an area for recordings; who is asked and who is silent nobody learns."""
