"""The app of this room."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.home"
    label = "home"
