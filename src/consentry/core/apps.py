"""The app of this room."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Holds the outbox."""

    name = "consentry.core"
    label = "core"
