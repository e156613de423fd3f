"""The app of this room."""

from django.apps import AppConfig


class CamerasConfig(AppConfig):
    """See this package's docstring."""

    name = "consentry.cameras"
    label = "cameras"
