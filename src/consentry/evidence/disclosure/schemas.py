"""Bodies of the operations on disclosures."""

from datetime import datetime
from typing import Annotated

from ninja import Field, Schema

from consentry.core.codes import one_of
from consentry.evidence.disclosure.queries import DisclosureFacts
from consentry.evidence.disclosure.rules import State
from consentry.evidence.schemas import FileOut, Id, Name
from consentry.evidence.types import RECIPIENTS
from consentry.kernel.limits import MAX_DISCLOSURE_DAYS, MAX_ITEMS_PER_DISCLOSURE, MAX_RECEIPT_BYTES

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
        items=list(facts.items), openings=[DisclosureOpeningOut(at=at, number=number) for at, number in facts.openings],
    )  # fmt: skip
