"""The app of this room."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.access"
    label = "access"
