"""The app of this room."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.incidents"
    label = "incidents"
