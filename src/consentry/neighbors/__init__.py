"""Neighbours: posts by cell, alerts, moderation, corrections to all who saw the error."""
