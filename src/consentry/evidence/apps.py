"""The app of this room."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.evidence"
    label = "evidence"
