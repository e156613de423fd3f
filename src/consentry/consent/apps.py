"""The app of this room."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.consent"
    label = "consent"
