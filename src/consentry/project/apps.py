"""The app that joins the rooms once all of them are loaded."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Wires events to the higher rooms' handlers at start."""

    name = "consentry.project"
    label = "project"

    def ready(self) -> None:
        """Fill the table of announcements, and say where trust roots come from."""
        from consentry.cameras.trust import wire_trust
        from consentry.core.announcements import wire
        from consentry.project.wiring import table, trust_providers

        wire(table())
        wire_trust(trust_providers())
