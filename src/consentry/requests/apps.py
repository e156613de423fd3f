"""The app of this room."""

from django.apps import AppConfig


class RequestsConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.requests"
    label = "requests"
