"""The chain of custody as it goes into a bag: one line per event, each naming the line before it."""

import hashlib
from collections.abc import Sequence

from consentry.evidence.bag.types import CustodyEvent
from consentry.kernel.canonical import canonical_json


def chain_events(item: str, about: bytes, events: Sequence[CustodyEvent]) -> bytes:
    """The file `events.jsonl`: canonical JSON lines, a chain of hashes that begins with the item's `about`."""
    previous, lines = hashlib.sha256(about).hexdigest(), []
    for number, event in enumerate(events):
        said = {
            "number": number, "t_ms": event.t_ms, "event": event.event, "by": event.by, "item": item,
            "detail": dict(event.detail), "entry": event.entry, "previous": previous,
        }  # fmt: skip
        line = canonical_json(said) + b"\n"
        previous = hashlib.sha256(line).hexdigest()
        lines.append(line)
    return b"".join(lines)
