"""The app of this room."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.live"
    label = "live"
