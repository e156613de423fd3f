"""Cameras that speak ONVIF (profiles S and T): found on request, asked for their stream, their events, and turned."""
