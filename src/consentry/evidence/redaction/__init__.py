"""Redactions of items: begun, drawn, looked at range by range, released as sealed derivatives (docs/spec/redaction.md).

The engine that decodes, finds and covers is `evidence/redact`; here are its rows, its people and its worker's turns.
"""
