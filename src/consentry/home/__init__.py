"""The owner's control centre: who looks now, who ever looked, stop, pause, asks, and the proof of each look."""
