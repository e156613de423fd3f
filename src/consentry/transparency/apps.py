"""The app of this room."""

from django.apps import AppConfig


class TransparencyConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.transparency"
    label = "transparency"
