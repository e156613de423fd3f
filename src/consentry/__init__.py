"""Consentry: police look through private cameras only with consent, near a reported crime, for minutes, on the record.

The rooms and who may import whom: docs/design/overview.md.
"""
