"""Pure: what a version of a call says about an incident, and whether it may replace what we have."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from consentry.incidents import types
from consentry.incidents.catalog import family_of, is_known
from consentry.incidents.types import Feed, RawCall
from consentry.kernel.clock import to_ms
from consentry.kernel.geo import Place
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS

TAKEN, CHANGED, CLOSED, UNCHANGED, STALE = "taken", "changed", "closed", "unchanged", "stale"


@dataclass(frozen=True)
class CallFacts:
    """The minimised facts of one version, as stored and committed."""

    number: str
    type_code: str
    local_type: str
    family: str
    status: str
    reported_at: datetime
    updated_at: datetime
    place: Place | None
    block: str
    cell: str
    origin: str
    flags: tuple[str, ...]


def facts_of(call: RawCall, feed: Feed, mapping: Mapping[str, str], *, cell: str, now: datetime) -> CallFacts:
    """What `call` says; unknown types stay unmapped, and each reason not to trust it is a flag.

    The feed's time of the version is cut at `now`: a version from the future would else shut out the closing.
    """
    type_code = common_type(call, mapping)
    flags = set()
    if to_ms(call.reported_at) > to_ms(now) + MAX_CLOCK_SKEW_MS:
        flags.add(types.FLAG_FUTURE)
    if call.place is None:
        flags.add(types.FLAG_NO_PLACE)
    elif not cell or (feed.bounds is not None and not feed.bounds.holds(call.place)):
        flags.add(types.FLAG_OUTSIDE)
    if type_code == types.UNMAPPED:
        flags.add(types.FLAG_UNMAPPED)
    if feed.origin != "cad":
        flags.add(types.FLAG_ORIGIN)
    return CallFacts(
        number=call.number,
        type_code=type_code,
        local_type=call.local_type,
        family=family_of(type_code),
        status=call.status,
        reported_at=call.reported_at,
        updated_at=min(call.updated_at, now),
        place=call.place,
        block=call.block,
        cell=cell,
        origin=feed.origin,
        flags=tuple(sorted(flags)),
    )


def common_type(call: RawCall, mapping: Mapping[str, str]) -> str:
    """The common code: the feed's own when it is of the closed table, else by `mapping`, else UNMAPPED."""
    if is_known(call.common_type):
        return call.common_type
    mapped = mapping.get(call.local_type, "")
    return mapped if is_known(mapped) else types.UNMAPPED


def decide_version(current: CallFacts | None, new: CallFacts) -> tuple[str, CallFacts]:
    """The outcome and the facts that hold after it.

    Older versions never win; the time of the report may move back, never forward (an update must not make a call
    young again); a call once reported in the future keeps that flag.
    """
    if current is None:
        return TAKEN, new
    if new.updated_at < current.updated_at:
        return STALE, current
    flags = set(new.flags) | (set(current.flags) & {types.FLAG_FUTURE, types.FLAG_CONSOLE})
    merged = replace(new, reported_at=min(current.reported_at, new.reported_at), flags=tuple(sorted(flags)))
    if replace(merged, updated_at=current.updated_at) == current:
        return UNCHANGED, merged
    if current.status == types.OPEN and merged.status == types.CLOSED:
        return CLOSED, merged
    return CHANGED, merged


def record_of(facts: CallFacts, *, incident: str, feed: str) -> dict[str, object]:
    """The record that is committed: integers and strings, so that it has canonical JSON."""
    place = facts.place
    return {
        "v": 1,
        "incident": incident,
        "feed": feed,
        "number": facts.number,
        "type": facts.type_code,
        "local_type": facts.local_type,
        "status": facts.status,
        "reported_ms": to_ms(facts.reported_at),
        "updated_ms": to_ms(facts.updated_at),
        "lat_e3": None if place is None else round(place.lat * 1000),
        "lon_e3": None if place is None else round(place.lon * 1000),
        "block": facts.block,
        "cell": facts.cell,
        "origin": facts.origin,
        "flags": list(facts.flags),
    }
