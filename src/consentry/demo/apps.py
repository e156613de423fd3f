"""The app of this room."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.demo"
    label = "demo"
