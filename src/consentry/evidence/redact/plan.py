"""A plan as canonical JSON and back. docs/spec/redaction.md. What is not a plan to the letter is refused."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from itertools import pairwise
from typing import Any, TypeVar

from consentry.evidence.redact.types import (
    Box,
    Dismissal,
    Find,
    FinderRules,
    Frames,
    Hush,
    Move,
    OriginalName,
    Plan,
    Region,
    RegionKey,
    Review,
    SoundSpan,
    Track,
)
from consentry.kernel.canonical import canonical_json
from consentry.kernel.errors import LimitReached, Malformed
from consentry.kernel.limits import (
    MAX_LOOK_PX,
    MAX_MASK_CORNERS,
    MAX_MOVES,
    MAX_PLAN_BYTES,
    MAX_REDACTED_FRAMES,
    MAX_REDACTED_PARTS,
    MAX_REGION_KEYS,
    MAX_REGIONS,
    MAX_SOUND_SPANS,
)
from consentry.kernel.mask import MASK_SPAN

PLAN_TYPE = "application/vnd.consentry.redaction+json"
EDITS = ("dismissals", "keep_sound", "moves", "regions", "sound_spans")
VERSION = 2
_FAR = 2**53
_MAX_TEXT = 200
_T = TypeVar("_T")


def plan_record(plan: Plan) -> dict[str, Any]:
    """The JSON object of `plan` (the value of canonical JSON, hence `Any`): what is stored while people review it."""
    frames = plan.frames
    return {
        "v": VERSION,
        "original": {"item": plan.original.item, "parts": list(plan.original.parts_sha256)},
        "frames": {
            "width": frames.width_px, "height": frames.height_px, "at_us": list(frames.at_us),
            "keys": list(frames.keys), "sound": frames.has_sound,
        },
        "finder_sha256": plan.finder_sha256,
        "rules": asdict(plan.rules),
        "tracks": [[track.name, [[find.frame, *find.box, find.score_pm] for find in track.finds]]
                   for track in plan.tracks],
        "dismissals": [asdict(one) for one in plan.dismissals],
        "moves": [[move.track, move.frame, *move.box, move.by, move.at_ms] for move in plan.moves],
        "regions": [_region_record(one) for one in plan.regions],
        "keep_sound": plan.keep_sound,
        "sound_spans": [[span.start_us, span.end_us, span.how.value] for span in plan.sound_spans],
        "reviews": [asdict(one) for one in plan.reviews],
    }  # fmt: skip


def _region_record(region: Region) -> dict[str, Any]:
    keys = [[key.frame, [list(corner) for corner in key.corners], key.by, key.at_ms] for key in region.keys]
    return {"name": region.name, "end": region.end, "keys": keys}


def plan_bytes(plan: Plan) -> bytes:
    """The plan as canonical JSON: the second segment of the derivative, of type `PLAN_TYPE`. LimitReached: too long."""
    data = canonical_json(plan_record(plan))
    if len(data) > MAX_PLAN_BYTES:
        raise LimitReached("the plan is too long to be kept")
    return data


def derivation(plan: Plan) -> dict[str, Any]:
    """What the derivative's manifest says of how it was made: in short, with the hash of the plan."""
    data, frames = plan_bytes(plan), plan.frames
    return {
        "kind": "redaction", "v": VERSION,
        "plan_sha256": hashlib.sha256(data).hexdigest(), "plan_bytes": len(data),
        "finder_sha256": plan.finder_sha256, "rules": asdict(plan.rules),
        "frames": frames.count, "width": frames.width_px, "height": frames.height_px,
        "tracks": len(plan.tracks), "dismissals": len(plan.dismissals), "moves": len(plan.moves),
        "regions": len(plan.regions),
        "keep_sound": plan.keep_sound, "sound_spans": len(plan.sound_spans),
        "reviewers": sorted({review.reviewer for review in plan.reviews}),
        "reviewed_ms": max((review.at_ms for review in plan.reviews), default=0),
    }  # fmt: skip


def parse_plan(value: object) -> Plan:
    """Parse `plan_record`; Malformed for another shape, for places, frames or names that cannot be."""
    if isinstance(value, Mapping) and value.get("v") == 1:
        value = {**_with_moves(value), "v": VERSION}
    said = _object(value, {"v", "original", "frames", "finder_sha256", "rules", "tracks", "dismissals", "moves",
                           "regions", "keep_sound", "sound_spans", "reviews"})  # fmt: skip
    if said["v"] != VERSION:
        raise Malformed("another version of a plan")
    frames = _frames(said["frames"])
    last = frames.count
    original = _object(said["original"], {"item", "parts"})
    found = Plan(
        OriginalName(_text(original["item"]), tuple(_list(original["parts"], _hash, MAX_REDACTED_PARTS))),
        frames,
        "" if said["finder_sha256"] == "" else _hash(said["finder_sha256"]),
        _rules(said["rules"]),
        tuple(_list(said["tracks"], lambda one: _track(one, last), MAX_REDACTED_FRAMES)),
        reviews=tuple(_list(said["reviews"], lambda one: _review(one, last), MAX_REDACTED_FRAMES)),
    )
    return with_edits(found, {name: said[name] for name in EDITS})


def edits_record(plan: Plan) -> dict[str, Any]:
    """Of `plan_record` what people change (`EDITS`); tracks and frames stay as they were found."""
    said = plan_record(replace(plan, tracks=(), reviews=(), frames=replace(plan.frames, at_us=(), keys=())))
    return {name: said[name] for name in EDITS}


def with_edits(plan: Plan, value: object) -> Plan:
    """`plan` with all of what people change as `value` (of `edits_record`) says; Malformed as `parse_plan`."""
    if isinstance(value, Mapping) and "moves" not in value:
        value = _with_moves(value)  # kept before faces could be moved
    said = _object(value, set(EDITS))
    return replace(
        plan,
        moves=tuple(_list(said["moves"], lambda one: _move(one, plan.frames.count), MAX_MOVES)),
        dismissals=tuple(_list(said["dismissals"], _dismissal, MAX_REDACTED_FRAMES)),
        regions=tuple(_list(said["regions"], lambda one: _region(one, plan.frames.count), MAX_REGIONS)),
        keep_sound=_truth(said["keep_sound"]),
        sound_spans=tuple(_list(said["sound_spans"], _sound_span, MAX_SOUND_SPANS)),
    )


def _with_moves(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """What version 1 says, as this version says it: nothing was moved, nobody knows who drew."""
    if "moves" in value:
        raise Malformed("not the object it should be")
    regions = _list(value.get("regions"), lambda one: _object(one, {"name", "end", "keys"}), MAX_REGIONS)
    drawn = [{**one, "keys": _list(one["keys"], lambda key: [*_pair(key), "", 0], MAX_REGION_KEYS)} for one in regions]
    return {**value, "moves": [], "regions": drawn}


def _frames(value: object) -> Frames:
    said = _object(value, {"width", "height", "at_us", "keys", "sound"})
    at_us = tuple(_list(said["at_us"], lambda one: _whole(one, 0, _FAR), MAX_REDACTED_FRAMES))
    keys = tuple(_list(said["keys"], lambda one: _whole(one, 0, len(at_us) - 1), MAX_REDACTED_FRAMES))
    _rising(at_us)
    _rising(keys)
    size = _whole(said["width"], 1, 65_535), _whole(said["height"], 1, 65_535)
    return Frames(*size, at_us, keys, _truth(said["sound"]))


def _rules(value: object) -> FinderRules:
    names = {field.name for field in fields(FinderRules)}
    said = _object(value, names)
    rules = FinderRules(**{name: _whole(said[name], 0, 600_000_000) for name in names})
    if rules.look_px > MAX_LOOK_PX or rules.least_score_pm > 1_000:
        raise Malformed("rules that find nothing")
    return rules


def _track(value: object, last: int) -> Track:
    name, finds = _pair(value)
    found = tuple(_list(finds, lambda one: _find(one, last), MAX_REDACTED_FRAMES))
    if not found:
        raise Malformed("a track without a find")
    _rising([find.frame for find in found])
    return Track(_text(name), found)


def _find(value: object, last: int) -> Find:
    numbers = _list(value, lambda one: _whole(one, -MASK_SPAN, _FAR), 6)
    if len(numbers) != 6 or not 0 <= numbers[0] < last or not 0 <= numbers[5] <= 1_000:
        raise Malformed("not a find")
    box = Box(*numbers[1:5])
    if max(map(abs, box)) > 2 * MASK_SPAN or box.width < 1 or box.height < 1:
        raise Malformed("a box that cannot be")
    return Find(numbers[0], box, numbers[5])


def _region(value: object, last: int) -> Region:
    said = _object(value, {"name", "end", "keys"})
    keys = tuple(_list(said["keys"], lambda one: _region_key(one, last), MAX_REGION_KEYS))
    if not keys or len({len(key.corners) for key in keys}) != 1:
        raise Malformed("a region has keys, each with the same number of corners")
    _rising([key.frame for key in keys])
    return Region(_text(said["name"]), keys, _whole(said["end"], keys[-1].frame + 1, last))


def _region_key(value: object, last: int) -> RegionKey:
    if not isinstance(value, list) or len(value) != 4:
        raise Malformed("not a position")
    frame, corners, by, at_ms = value
    drawn = tuple(_list(corners, _corner, MAX_MASK_CORNERS))
    if len(drawn) < 3:
        raise Malformed("a region has at least three corners")
    who = "" if by == "" else _text(by)
    return RegionKey(_whole(frame, 0, last - 1), drawn, who, _whole(at_ms, 0, _FAR))


def _move(value: object, last: int) -> Move:
    if not isinstance(value, list) or len(value) != 8:
        raise Malformed("not a move")
    box = Box(*(_whole(side, 0, MASK_SPAN) for side in value[2:6]))
    if box.width < 1 or box.height < 1:
        raise Malformed("a box that hides nothing")
    return Move(_text(value[0]), _whole(value[1], 0, last - 1), box, _text(value[6]), _whole(value[7], 0, _FAR))


def _corner(value: object) -> tuple[int, int]:
    across, down = _pair(value)
    return _whole(across, 0, MASK_SPAN), _whole(down, 0, MASK_SPAN)


def _sound_span(value: object) -> SoundSpan:
    if not isinstance(value, list) or len(value) != 3 or value[2] not in tuple(Hush):
        raise Malformed("not a span of sound")
    start_us = _whole(value[0], 0, _FAR)
    return SoundSpan(start_us, _whole(value[1], start_us + 1, _FAR), Hush(value[2]))


def _review(value: object, last: int) -> Review:
    said = _object(value, {"start", "end", "reviewer", "at_ms", "sha256"})
    start = _whole(said["start"], 0, last - 1)
    end = _whole(said["end"], start + 1, last)
    return Review(start, end, _text(said["reviewer"]), _whole(said["at_ms"], 0, _FAR), _hash(said["sha256"]))


def _dismissal(value: object) -> Dismissal:
    said = _object(value, {"track", "reviewer", "at_ms"})
    return Dismissal(_text(said["track"]), _text(said["reviewer"]), _whole(said["at_ms"], 0, _FAR))


def _object(value: object, names: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or set(value) != names:
        raise Malformed("not the object it should be")
    return value


def _list(value: object, read: Callable[[Any], _T], most: int) -> list[_T]:
    if not isinstance(value, list) or len(value) > most:
        raise Malformed("not a list, or too long a list")
    return [read(one) for one in value]


def _pair(value: object) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise Malformed("not a pair")
    return value[0], value[1]


def _whole(value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Malformed("not a whole number in its bounds")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise Malformed("neither true nor false")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
        raise Malformed("not a short text")
    return value


def _hash(value: object) -> str:
    if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise Malformed("not a SHA-256 in hex")
    return value


def _rising(numbers: Sequence[int]) -> None:
    if any(low >= high for low, high in pairwise(numbers)):
        raise Malformed("not in rising order")
