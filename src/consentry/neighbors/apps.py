"""The app of this room."""

from django.apps import AppConfig


class NeighborsConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.neighbors"
    label = "neighbors"
