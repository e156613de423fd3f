"""Calls from computer-aided dispatch: taken minimised, committed to the ledger, kept as incidents."""
