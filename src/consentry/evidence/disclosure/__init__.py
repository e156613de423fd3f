"""Showing items to one named recipient by an expiring, revocable link, against a signed receipt."""
