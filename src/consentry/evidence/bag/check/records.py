"""What stands beside the item: the chain of custody, and the player's copy with where it comes from."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from consentry.evidence.bag.check.fault import need, within
from consentry.evidence.bag.check.item_form import ItemForm, segment_name
from consentry.evidence.bag.check.strict import natural, short_text, strict_object
from consentry.kernel.limits import MAX_CUSTODY_EVENTS

EVENTS, PLAYER, DERIVATION = "data/custody/events.jsonl", "data/player/player.mp4", "data/player/derivation.json"
_EVENT = ("number", "t_ms", "event", "by", "item", "detail", "entry", "previous")
_DERIVATION = ("v", "item", "made", "made_from", "operation", "label", "programs")
_VERB = re.compile(r"[a-z]+(?:\.[a-z]+){0,2}")
SEALED = "item.seal"


@dataclass(frozen=True)
class Custody:
    """The chain's head (SHA-256 of its last line, hex), how many events, when the last was, the seal's log entry."""

    head: str
    count: int
    last_ms: int
    seal_entry: int


def check_custody(form: ItemForm, about: bytes, lines: bytes) -> Custody:
    """The custody chain; BagFault (custody) when an event is missing, moved, changed, or dated too early."""
    with within("custody"):
        need("custody", lines.endswith(b"\n"), "the events are cut")
        rows = lines[:-1].split(b"\n")
        need("custody", len(rows) <= MAX_CUSTODY_EVENTS, "there are too many events")
        previous, before_ms, seals = hashlib.sha256(about).hexdigest(), form.began_ms, []
        for number, row in enumerate(rows):
            event = strict_object(row, _EVENT)
            need(
                "custody",
                event["number"] == number and event["previous"] == previous,
                f"event {number} is not in its place",
            )
            _check_event(event, form.item)
            need("custody", event["t_ms"] >= before_ms, f"event {number} is dated before what it follows")
            previous, before_ms = hashlib.sha256(row + b"\n").hexdigest(), event["t_ms"]
            seals += [event] if event["event"] == SEALED else []
        need("custody", len(seals) == 1, f"it is not sealed exactly once: {len(seals)} events say so")
        need("custody", seals[0]["t_ms"] >= form.closed_ms, "it was sealed before it was closed")
        return Custody(previous, len(rows), before_ms, seals[0]["entry"])


def check_player(form: ItemForm, sizes: dict[str, int], listed: dict[str, str], raw: bytes) -> None:
    """BagFault (derivative) unless `raw` (derivation.json) ties the player's copy to exactly these originals."""
    with within("derivative"):
        said = strict_object(raw, _DERIVATION)
        need("derivative", said["v"] == 1 and said["item"] == form.item, "the player's copy is of another item")
        need("derivative", said["operation"] == "remux", "the player's copy was not made by joining alone")
        made = {"name": PLAYER, "size_bytes": sizes[PLAYER], "sha256": listed[PLAYER]}
        need("derivative", said["made"] == made, "the player's copy is not the file that was described")
        originals = [
            {"name": segment_name(one["number"], one["media_type"]), "sha256": one["sha256"]} for one in form.segments
        ]
        need("derivative", said["made_from"] == originals, "the player's copy is said to come from other originals")


def _check_event(event: dict[str, Any], item: str) -> None:
    need("custody", event["item"] == item, f"event {event['number']} is of another item")
    need("custody", bool(_VERB.fullmatch(short_text(event["event"]))), f"event {event['number']} is none")
    short_text(event["by"])
    natural(event["t_ms"])
    need("custody", isinstance(event["entry"], int) and event["entry"] >= -1, "an event's place in the log is none")
    need("custody", isinstance(event["detail"], dict), "an event's detail is none")
