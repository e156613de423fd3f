"""The app of this room."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.notices"
    label = "notices"
