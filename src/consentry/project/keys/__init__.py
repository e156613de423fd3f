"""Rotating the keys that edges pin: made here, approved offline with the recovery key, published in the log."""
