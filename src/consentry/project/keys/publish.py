"""A rotation's entry in the log, and the news of it to gateways."""

from django.db import transaction

from consentry.cameras.services.rotations import entry_key
from consentry.core.outbox import tell
from consentry.kernel.rotation import KIND, Rotation, dump_rotation, rotation_fields
from consentry.ledger.kinds import make_entry
from consentry.ledger.services import append_raw


@transaction.atomic
def publish_rotation(rotation: Rotation) -> None:
    """Put it in the log's inbox, once; Malformed unless the log's kinds know every field."""
    entry = make_entry(KIND, rotation_fields(rotation), t_ms=rotation.t_ms)
    if entry != dump_rotation(rotation):
        raise ValueError("a rotation and its entry are the same bytes")
    append_raw(entry, kind=KIND, key=entry_key(rotation.number), t_ms=rotation.t_ms)
    tell("gateway:*", "state.changed", "keys")
