"""What this room does when a lower one announces something; in the announcing transaction."""

from consentry.accounts.events import PersonLeft
from consentry.cells.events import PartitionFrozen
from consentry.neighbors.services.depart import close_neighbor
from consentry.neighbors.services.join import renew_areas


def on_partition_frozen(_event: PartitionFrozen) -> None:
    """A city was divided anew: neighbours live in and follow the new cells. Posts keep the cell they were given."""
    renew_areas()


def on_person_left(event: PersonLeft) -> None:
    """An account ends: what they posted is taken back."""
    close_neighbor(event.person)
