"""The app that joins the rooms once all of them are loaded."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Wires events to the higher rooms' handlers at start."""

    name = "consentry.project"
    label = "project"

    def ready(self) -> None:
        """Fill the table of announcements."""
        from consentry.core.announcements import wire
        from consentry.project.wiring import table

        wire(table())
