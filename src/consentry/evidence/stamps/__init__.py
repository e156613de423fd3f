"""Timestamps of others (RFC 3161) over manifests: asked for, checked, and only then kept. Pure: no Django."""
