"""The app of this room."""

from django.apps import AppConfig


class CellsConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.cells"
    label = "cells"
