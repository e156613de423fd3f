"""Agencies and their programmes: time-boxed, capped, voted on; the database holds caps and dates."""
