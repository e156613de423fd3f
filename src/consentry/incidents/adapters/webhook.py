"""Our own small JSON for signed webhooks: one call, or `{"calls": [...]}` with at most 500.

    {"number": "26-104233", "type": "BURGLARY IN PROGRESS", "common_type": "BURGLARY", "status": "open",
     "reported_at": "2026-11-22T21:04:10Z", "updated_at": "…", "lat": 32.2988, "lon": -90.1848, "address": "…"}

Every other member is dropped unread.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from consentry.incidents.adapters.times import parse_iso
from consentry.incidents.minimise import block_of, block_place, number_text, type_text
from consentry.incidents.types import CLOSED, OPEN, RawCall, Rejected
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_JSON_BODY_BYTES

MAX_CALLS_PER_BODY = 500


def read_calls(body: bytes) -> Iterator[RawCall | Rejected]:
    """The calls in `body`; Malformed when it is not the JSON above at all."""
    document = parse_object(body, max_bytes=MAX_JSON_BODY_BYTES)
    calls = document.get("calls", [document])
    if not isinstance(calls, list) or len(calls) > MAX_CALLS_PER_BODY:
        raise Malformed(f"`calls` is a list of at most {MAX_CALLS_PER_BODY}")
    for position, call in enumerate(calls, start=1):
        yield read_call(call, position)


def read_call(call: object, position: int) -> RawCall | Rejected:
    """One call of the JSON above."""
    if not isinstance(call, Mapping):
        return Rejected(position, "not_an_object")
    number = number_text(call.get("number"))
    if not number:
        return Rejected(position, "bad_number", "number is missing or has characters that a call number lacks")
    status = call.get("status", OPEN)
    if status not in (OPEN, CLOSED):
        return Rejected(position, "bad_status", "status is open or closed")
    reported_at = parse_iso(call.get("reported_at"))
    updated_at = reported_at if call.get("updated_at") is None else parse_iso(call.get("updated_at"))
    if reported_at is None or updated_at is None:
        return Rejected(position, "bad_time", "reported_at and updated_at are RFC 3339 with an offset")
    return _call(call, number, str(status), (reported_at, updated_at))


def _call(call: Mapping[str, object], number: str, status: str, times: tuple[datetime, datetime]) -> RawCall:
    common = call.get("common_type")
    return RawCall(
        number=number,
        local_type=type_text(call.get("type")),
        common_type=common if isinstance(common, str) and common.isalnum() and len(common) <= 20 else "",
        status=status,
        reported_at=times[0],
        updated_at=times[1],
        place=block_place(call.get("lat"), call.get("lon")),
        block=block_of(call.get("address")),
    )
