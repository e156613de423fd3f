"""Who hears what a lower room announces, in which order; all inside the announcing transaction."""

from consentry.core.announcements import Handler


def table() -> dict[type, tuple[Handler, ...]]:
    """Events of lower rooms → handlers of higher ones, first to last."""
    return {}
