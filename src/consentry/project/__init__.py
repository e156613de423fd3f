"""Joins rooms, settings and urls; the command line and the supervisor."""
