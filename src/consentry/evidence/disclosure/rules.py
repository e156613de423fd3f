"""Pure decisions about a disclosure: is it open, who has what, how a pass-phrase looks, which receipt counts."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from consentry.kernel.clock import to_ms
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import DisclosureId, ItemId
from consentry.kernel.limits import DISCLOSURE_DAYS, MAX_DISCLOSURE_DAYS
from consentry.kernel.receipt import Receipt

GROUPS, GROUP_CHARS = 5, 4
# The recipient's clock may be wrong; what it says is shown beside ours.
MAX_RECEIPT_SKEW_MS: Final = 86_400_000
_COMMIT_TAG = b"\x06"
_EQUAL = frozenset({"court", "defence", "prosecution"})


class State(StrEnum):
    """How a disclosure stands at a moment."""

    OPEN = "open"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Span:
    """When a disclosure is open: until it expires or is revoked."""

    expires_at: datetime
    revoked_at: datetime | None


def state_of(span: Span, now: datetime) -> State:
    """Revoked wins over expired; the end itself is outside."""
    if span.revoked_at is not None:
        return State.REVOKED
    return State.OPEN if now < span.expires_at else State.EXPIRED


def ends_at(days: int | None, now: datetime) -> datetime:
    """The end that was chosen, 30 days without a choice; Malformed for none, or one further than a year."""
    chosen = DISCLOSURE_DAYS if days is None else days
    if not 1 <= chosen <= MAX_DISCLOSURE_DAYS:
        raise Malformed(f"a disclosure lasts 1 to {MAX_DISCLOSURE_DAYS} days", kind="disclosure-days")
    return now + timedelta(days=chosen)


def with_original(recipient_kind: str, *, wished: bool) -> bool:
    """May the recipient have originals and bag? Court, defence and prosecution always, so that none has less."""
    return recipient_kind in _EQUAL or wished


def may_be_heard(kind: str, *, with_original: bool) -> bool:
    """May the recipient hear an item of `kind` in the copy that bears their name?

    Who has the original has its sound anyhow. Who has not hears a redaction alone: of its sound a person decided what
    is kept, range by range.
    """
    return with_original or kind == "derivative"


def new_passphrase() -> str:
    """Five groups of four letters and digits, 100 random bits; none of them looks like another (no 0, 1, 8, 9)."""
    text = base64.b32encode(secrets.token_bytes(13)).decode().lower()
    return "-".join(text[at : at + GROUP_CHARS] for at in range(0, GROUPS * GROUP_CHARS, GROUP_CHARS))


def plain_passphrase(typed: str) -> str:
    """What was typed without blanks, dashes and capitals, as people copy it from paper."""
    return "".join(letter for letter in typed.lower() if letter.isalnum())


def commit_of(salt: bytes, record: bytes) -> bytes:
    """What the ledger says of a disclosure's record (docs/spec/disclosure.md); 32 bytes."""
    return hashlib.sha256(_COMMIT_TAG + salt + record).digest()


def check_receipt(
    receipt: Receipt, disclosure: DisclosureId, items: Sequence[tuple[ItemId, str]], *, now: datetime
) -> None:
    """Untrusted unless `receipt` speaks of this disclosure, of all its items in order, and of about now."""
    if receipt.disclosure != disclosure or receipt.items != tuple(items):
        raise Untrusted("this receipt is for something else", kind="receipt-other")
    if abs(receipt.opened_ms - to_ms(now)) > MAX_RECEIPT_SKEW_MS:
        raise Untrusted("the clock of this device is more than a day off", kind="receipt-clock")
