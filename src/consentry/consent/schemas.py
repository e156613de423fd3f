"""Bodies of this room's operations."""

from datetime import datetime
from typing import Annotated, Literal, cast

from ninja import Schema
from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict  # pydantic reads this one before Python 3.12

from consentry.agencies.types import Programme
from consentry.consent.queries import last_mask, mask_of
from consentry.consent.types import Consent, ConsentState, Mandate
from consentry.kernel.limits import MAX_MASK_POLYGONS
from consentry.kernel.mask import Mask, mask_record, parse_mask
from consentry.kernel.terms import Participation, Terms, parse_terms, terms_record, terms_sha256

Id = Annotated[str, Field(max_length=40)]
# Terms stay the very object that was hashed and signed: nothing is filled in or turned into another type here.
_AS_SENT = ConfigDict(strict=True, extra="forbid")


@with_config(_AS_SENT)
class HoursJson(TypedDict):
    """Hours of days (0 is Monday), in minutes after midnight, `[from, to)`."""

    days: list[int]
    from_min: int
    to_min: int


@with_config(_AS_SENT)
class AttestedJson(TypedDict):
    """What the owner states about the view; `mask_sha256` is "" without a mask."""

    not_indoor: bool
    no_neighbour_dwelling: bool
    mask_sha256: str


class MaskJson(Schema):
    """What the owner hides in the picture (docs/spec/mask.md): corners `[x, y]` in ten-thousandths of its sides."""

    v: Literal[1]
    polygons: Annotated[list[list[list[int]]], Field(max_length=MAX_MASK_POLYGONS)]


@with_config(_AS_SENT)
class TermsJson(TypedDict):
    """One version of an owner's terms (`kernel.terms.terms_record`); bounds are `kernel.terms.parse_terms`'s."""

    camera_id: str
    programme_id: str
    participation: Literal["voluntary", "mandated", "condition_of_benefit", "agency_owned"]
    tier: Literal["registry", "request", "live"]
    purposes: list[str]
    call_types: list[str]
    max_distance_m: int
    max_minutes_per_grant: int
    hours: list[HoursJson]
    time_zone: str
    lookback_min: int
    lookahead_min: int
    approval: Literal["ask_me", "automatic"]
    audio: bool
    ptz: bool
    emergency_ok: bool
    view_attested: AttestedJson
    waiver_sha256: str
    expires_at_ms: int
    version: int


class WaiverOut(Schema):
    """The text to be signed: Markdown by language; `sha256` (hex) covers all of them."""

    version: str
    sha256: str
    texts: dict[str, str]


class SaidIn(Schema):
    """Exact terms, the owner-signed `terms.loosen` over their hash ("" when nothing is loosened), language read.

    `mask`: the one that the terms name, unless it was sent before.
    """

    terms: TermsJson
    owner_signature: Annotated[str, Field(max_length=2_000)] = ""
    language: Literal["en", "fr", "es"] = "en"
    mask: MaskJson | None = None


class GiveIn(SaidIn):
    """The programme to which consent is given."""

    programme: Id


class ConsentOut(Schema):
    """One consent as it stands; `state` given, expired, withdrawn, revoked or invalid (a text changed)."""

    id: str
    camera: str
    programme: str
    state: ConsentState
    version: int
    terms: TermsJson
    terms_sha256: str
    mask: MaskJson | None
    language: str
    given_at: datetime
    expires_at: datetime


class DraftOut(Schema):
    """Careful terms to start from, for a programme that takes consents; what to sign is their hash.

    `mask`: the one drawn last for this camera, to put into the terms again.
    """

    programme: str
    programme_name: str
    agency_name: str
    terms: TermsJson
    terms_sha256: str
    mask: MaskJson | None


class ConsentsOut(Schema):
    """A camera's consents, and drafts for programmes that it may join."""

    consents: list[ConsentOut]
    drafts: list[DraftOut]


class ReceiptOut(Schema):
    """`receipt` is the exact text that was signed; signature: Ed25519 over the context and that text."""

    receipt: str
    signature: str
    public_key: str


class MandateIn(Schema):
    """An obligation to connect."""

    programme: Id
    ordinance_sha256: Annotated[str, Field(min_length=64, max_length=64)]
    section: Annotated[str, Field(min_length=1, max_length=500)]
    scope: Annotated[str, Field(min_length=1, max_length=500)]


class MandateOut(Schema):
    """A recorded obligation; never a consent. Whether the owner connected is not in it."""

    id: str
    camera: str
    programme: str
    participation: Participation
    ordinance_sha256: str
    section: str
    scope: str
    recorded_at: datetime


class ConnectionOut(Schema):
    """The terms that an obliged owner said last; `state` mandate (connected), expired or withdrawn (disconnected)."""

    state: ConsentState
    version: int
    terms: TermsJson
    terms_sha256: str
    mask: MaskJson | None
    said_at: datetime
    expires_at: datetime


class ObligationOut(Schema):
    """A mandate on one's own camera; `connection` is null until one connects.

    `draft`: the widest terms that the mandate can mean, to be narrowed and signed; null while the programme is closed.
    """

    mandate: MandateOut
    programme_name: str
    agency_name: str
    connection: ConnectionOut | None
    draft: DraftOut | None


def terms_json(terms: Terms) -> TermsJson:
    """The terms as they are hashed and sent."""
    return cast("TermsJson", terms_record(terms))


def mask_in(mask: MaskJson | None) -> Mask | None:
    """The mask that was sent; Malformed when it is none."""
    return None if mask is None else parse_mask(mask.model_dump())


def _mask_named(said: Consent) -> MaskJson | None:
    return _mask_json(mask_of(said.camera, said.terms.view_attested.mask_sha256))


def _mask_json(mask: Mask | None) -> MaskJson | None:
    return None if mask is None else MaskJson.model_validate(mask_record(mask))


def mandate_out(mandate: Mandate) -> MandateOut:
    """A mandate as it stands on record."""
    return MandateOut.model_validate(vars(mandate))


def connection_out(said: Consent) -> ConnectionOut:
    """The owner's view of a camera connected under a mandate."""
    return ConnectionOut(
        state=said.state, version=said.version, terms=terms_json(said.terms), terms_sha256=said.terms_sha256,
        mask=_mask_named(said), said_at=said.given_at, expires_at=said.expires_at,
    )  # fmt: skip


def draft_out(terms: Terms, programme: Programme) -> DraftOut:
    """Terms to start from, checked as those that come back will be (Malformed for an unknown time zone)."""
    return DraftOut(
        programme=programme.id, programme_name=programme.name, agency_name=programme.agency_name,
        terms=terms_json(parse_terms(terms_record(terms))), terms_sha256=terms_sha256(terms),
        mask=_mask_json(last_mask(terms.camera_id)),
    )  # fmt: skip


def consent_out(consent: Consent) -> ConsentOut:
    """The owner's view of a consent."""
    return ConsentOut(
        id=consent.id, camera=consent.camera, programme=consent.programme, state=consent.state,
        version=consent.version, terms=terms_json(consent.terms), terms_sha256=consent.terms_sha256,
        mask=_mask_named(consent),
        language=consent.language, given_at=consent.given_at, expires_at=consent.expires_at,
    )  # fmt: skip
