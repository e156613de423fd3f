"""Opens what an owner signed, by any of the keys whose word counts."""

from collections.abc import Sequence
from datetime import datetime

from consentry.kernel.clock import to_ms
from consentry.kernel.errors import ConsentryError, Untrusted
from consentry.kernel.owner_record import OwnerKey, open_owner_record

FRESH_MS = 600_000


def open_by_owner(signed: str, keys: Sequence[OwnerKey], *, kind: str, now: datetime) -> dict[str, str | int]:
    """The record inside `signed` if one of `keys` signed it within 10 min of `now`.

    Raises Malformed for a wrong shape, Untrusted (`owner-signature`, `owner-clock`) for anything else. What the
    record must be about is the caller's to compare.
    """
    failed: ConsentryError = Untrusted("the owner has no key registered", kind="owner-signature")
    for key in keys:
        try:
            record = open_owner_record(signed, key, kind=kind)
        except Untrusted as error:
            failed = Untrusted(str(error), kind="owner-signature")
            continue
        if abs(int(record["t"]) - to_ms(now)) > FRESH_MS:
            raise Untrusted(
                "this was signed more than 10 minutes ago, or the device's clock is off", kind="owner-clock"
            )
        return record
    raise failed
