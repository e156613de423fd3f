"""The facts that a decision looks at: integers, strings and booleans, nothing else. Shapes as in access.cedarschema."""

from dataclasses import dataclass, fields
from typing import Final

Fact = int | str | bool
Context = dict[str, dict[str, Fact]]


@dataclass(frozen=True)
class Asker:
    """Who: agency of the seat used (or ""), assurance of the sign-in, role."""

    agency: str
    mfa: int
    role: str


@dataclass(frozen=True)
class System:
    """Our own house: clock, log, the time of the decision (ms)."""

    clock_in_order: bool
    log_reachable: bool
    now_ms: int


@dataclass(frozen=True)
class Request:
    """What for (a code of `kernel/purposes.py`), how many views."""

    purpose: str
    views: int


@dataclass(frozen=True)
class Programme:
    """The asker's programme; `call_type`: it covers this call's type; `state` "none" when there is no programme."""

    agency: str
    call_type: bool
    cameras_left: int
    ends_ms: int
    max_distance_m: int
    starts_ms: int
    state: str


@dataclass(frozen=True)
class Incident:
    """The reported crime; `access_min` since the first private look, `cameras` private ones opened so far."""

    access_min: int
    agency: str
    cameras: int
    changed_by_console: bool
    logged: bool
    origin: str
    reported_ms: int
    second_person: bool
    sound: bool
    status: str
    type: str


@dataclass(frozen=True)
class PrivateCamera:
    """A candidate with its owner's terms applied; `answer`: automatic, yes or none; `counted`: already opened here."""

    answer: str
    call_type: bool
    # `class` is a keyword in Python; the context says `class`.
    klass: str
    consent: str
    counted: bool
    distance_m: int
    expires_ms: int
    health: str
    hours: bool
    max_distance_m: int
    participation: str
    paused: bool
    purpose: bool
    stopped: bool
    terms_current: bool
    tier: str
    view_attested: bool


@dataclass(frozen=True)
class PublicCamera:
    """A camera of an agency."""

    agency: str
    klass: str
    paused: bool


@dataclass(frozen=True)
class Running:
    """A session that wants to go on; `viewer`: the caller is the one who opened it."""

    state: str
    until_ms: int
    viewer: bool


@dataclass(frozen=True)
class Extended:
    """A grant that wants more time."""

    extensions: int
    state: str


_PRIVATE: Final = {
    "asker": Asker, "camera": PrivateCamera, "incident": Incident, "programme": Programme, "request": Request,
    "system": System,
}  # fmt: skip
_PUBLIC: Final = {"asker": Asker, "camera": PublicCamera, "request": Request, "system": System}

# Which records each action's context holds.
RECORDS: Final[dict[str, dict[str, type]]] = {
    "Ask": {name: kind for name, kind in _PRIVATE.items() if name != "camera"},
    "Extend": {
        "asker": Asker, "extended": Extended, "incident": Incident, "programme": Programme, "system": System,
    },
    "LookPrivate": _PRIVATE,
    "LookPublic": _PUBLIC,
    "RenewPrivate": {**_PRIVATE, "running": Running},
    "RenewPublic": {**_PUBLIC, "running": Running},
}  # fmt: skip

Record = Asker | System | Request | Programme | Incident | PrivateCamera | PublicCamera | Running | Extended


def as_context(**records: Record) -> Context:
    """The context of a decision: one object per record, names as in the schema."""
    return {name: {_name(key): value for key, value in vars(record).items()} for name, record in records.items()}


def is_complete(action: str, context: Context) -> bool:
    """Does `context` hold exactly the facts of `action`, each of the right type (an int is no bool)?"""
    shape = _SHAPES.get(action)
    if shape is None or context.keys() != shape.keys():
        return False
    return all(_fits(context[name], shape[name]) for name in shape)


def _fits(record: dict[str, Fact], shape: dict[str, type]) -> bool:
    return (
        isinstance(record, dict)
        and record.keys() == shape.keys()
        and all(type(record[key]) is shape[key] for key in shape)
    )


def _name(key: str) -> str:
    return "class" if key == "klass" else key


def _shape(record: type) -> dict[str, type]:
    return {_name(item.name): item.type for item in fields(record) if isinstance(item.type, type)}


_SHAPES: Final = {
    action: {name: _shape(record) for name, record in records.items()} for action, records in RECORDS.items()
}
