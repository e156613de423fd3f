"""The app of this room."""

from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.agencies"
    label = "agencies"
