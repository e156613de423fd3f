"""Bodies of the operations on disclosures."""

from datetime import datetime
from typing import Annotated

from ninja import Field, Schema

from consentry.core.codes import one_of
from consentry.evidence.disclosure.queries import DisclosureFacts
from consentry.evidence.disclosure.rules import State
from consentry.evidence.models.named import NAMED_STATES
from consentry.evidence.named.services import MEDIA_TYPE, NamedFacts
from consentry.evidence.schemas import FileOut, Id, Name
from consentry.evidence.types import RECIPIENTS
from consentry.kernel.clock import from_ms
from consentry.kernel.limits import MAX_DISCLOSURE_DAYS, MAX_ITEMS_PER_DISCLOSURE, MAX_NAMED_PLACE_MS, MAX_RECEIPT_BYTES

Secret = Annotated[str, Field(max_length=64)]
Recipient = Annotated[str, one_of(*RECIPIENTS)]


class DisclosureIn(Schema):
    """Whom to show what, and how long. `with_original` counts for `other` recipients; the rest always have them."""

    items: Annotated[list[Id], Field(min_length=1, max_length=MAX_ITEMS_PER_DISCLOSURE)]
    recipient: Annotated[str, Field(min_length=1, max_length=120)]
    recipient_kind: Recipient
    days: Annotated[int, Field(ge=1, le=MAX_DISCLOSURE_DAYS)] | None = None
    with_original: bool = False
    case: Id = ""


class MadeOut(Schema):
    """A new disclosure; `secret` goes behind `#` of the link, `passphrase` another way. Neither is shown again."""

    id: str
    secret: str
    passphrase: str
    expires_at: datetime


class DisclosureOpeningOut(Schema):
    """The recipient opened it."""

    at: datetime
    number: int
    by_passkey: bool


class DisclosureOut(Schema):
    """A disclosure as its agency sees it."""

    id: str
    recipient: str
    recipient_kind: Recipient
    state: Annotated[str, one_of(*(state.value for state in State))]
    with_original: bool
    made_by: str
    made_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    locked_until: datetime | None
    items: list[str]
    openings: list[DisclosureOpeningOut]
    passkeys: int


class ProveIn(Schema):
    """Link and pass-phrase."""

    secret: Secret
    passphrase: Name


class ShownOut(Schema):
    """An item that the receipt must list."""

    item: str
    payload_sha256: str


class ProvedOut(Schema):
    """What the receipt must say; `nonce` is base64url."""

    disclosure: str
    agency: str
    recipient: str
    expires_at: datetime
    nonce: str
    items: list[ShownOut]


class ReceiptIn(Schema):
    """The signed receipt, as text."""

    receipt: Annotated[str, Field(max_length=MAX_RECEIPT_BYTES)]


class DisclosedItemOut(Schema):
    """An item as its recipient sees it."""

    id: str
    name: str
    kind: str
    media_type: str
    start: datetime | None
    end: datetime | None
    size_bytes: int
    payload_sha256: str
    original: str | None
    is_film: bool
    files: list[FileOut]


class WatchIn(Schema):
    """Where the recipient looks, in ms since the item began."""

    at_ms: Annotated[int, Field(ge=0, le=MAX_NAMED_PLACE_MS)] = 0


class WatchOut(Schema):
    """The copy that bears the recipient's name: pieces that can be played, how much is made, how long all is.

    `state`: waiting (also while it is made), ready or failed (`why`: a fault's kind). `total_ms` 0: not known yet.
    `start`: when the item's first picture was taken. `has_sound` is false before the first piece.
    """

    state: Annotated[str, one_of(*NAMED_STATES)]
    why: str
    start: datetime
    made_ms: int
    total_ms: int
    has_sound: bool
    files: list[FileOut]


class DisclosedOut(Schema):
    """What is shown to the recipient's browser. `until`: then the link is opened again."""

    disclosure: str
    agency: str
    recipient: str
    recipient_kind: Recipient
    expires_at: datetime
    until: datetime
    with_original: bool
    items: list[DisclosedItemOut]


def watch_out(facts: NamedFacts, start_us: int) -> WatchOut:
    """A named copy; its pieces where they lie in time, `start_us` being the item's first picture."""
    files = [
        FileOut(
            number=piece.number, start=from_ms((start_us + piece.start_us) // 1_000),
            end=from_ms((start_us + piece.end_us) // 1_000),
            media_type=MEDIA_TYPE, size_bytes=piece.size_bytes, sha256=piece.sha256,
        )
        for piece in facts.pieces
    ]  # fmt: skip
    return WatchOut(
        state=facts.state, why=facts.why, start=from_ms(start_us // 1_000), made_ms=facts.made_us // 1_000,
        total_ms=facts.total_us // 1_000, has_sound=facts.has_sound, files=files,
    )  # fmt: skip


def disclosure_out(facts: DisclosureFacts) -> DisclosureOut:
    """A disclosure for its agency."""
    row = facts.row
    names = (
        "id",
        "recipient",
        "recipient_kind",
        "with_original",
        "made_at",
        "expires_at",
        "revoked_at",
        "locked_until",
    )
    return DisclosureOut(
        **{name: getattr(row, name) for name in names}, state=facts.state.value, made_by=facts.made_by,
        items=list(facts.items), passkeys=facts.passkeys,
        openings=[
            DisclosureOpeningOut(at=at, number=number, by_passkey=by) for at, number, by in facts.openings
        ],
    )  # fmt: skip
