"""Redaction: a derivative in which faces and drawn regions are one colour and chosen sound is gone.

Spec: docs/spec/redaction.md. Pure of Django. `service` is the seam: plan, look at a picture, render. It finds faces and
knows none of them.
"""
