"""The owner's control centre: who looks, why, since when; stop, pause, resume; asks that wait."""
