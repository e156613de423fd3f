"""The app that joins the rooms once all of them are loaded."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Wires events to the higher rooms' handlers at start, and what rooms hold of people."""

    name = "consentry.project"
    label = "project"

    def ready(self) -> None:
        """Fill the table of announcements, say what each room holds of people, and where trust roots come from."""
        from consentry.cameras.trust import wire_trust
        from consentry.core.announcements import wire
        from consentry.core.personal import wire_personal
        from consentry.project.wiring import personal_rooms, table, trust_providers

        wire(table())
        wire_personal(personal_rooms())
        wire_trust(trust_providers())
