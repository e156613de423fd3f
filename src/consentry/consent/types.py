"""What consent hands to other rooms."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consentry.kernel.ids import CameraId, ConsentId, PersonId, ProgrammeId
from consentry.kernel.mask import Mask
from consentry.kernel.terms import Approval, Participation, Terms, Tier, ViewAttested, loosens, terms_sha256

__all__ = [
    "Approval",
    "Consent",
    "ConsentState",
    "Mandate",
    "Obligation",
    "Participation",
    "Said",
    "StoredReceipt",
    "Terms",
    "Tier",
    "ViewAttested",
    "Waiver",
    "loosens",
    "terms_sha256",
]


class ConsentState(StrEnum):
    """Of a consent at a moment. Only `given` opens anything; `mandate` is no consent: an obliged owner connected."""

    EXPIRED = "expired"
    GIVEN = "given"
    INVALID = "invalid"
    MANDATE = "mandate"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Consent:
    """The newest version of a chain, with its state at the moment that was asked for."""

    id: ConsentId
    camera: CameraId
    programme: ProgrammeId
    owner: PersonId
    state: ConsentState
    version: int
    terms: Terms
    terms_sha256: str
    scope_sha256: str
    language: str
    owner_signature: str
    given_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Said:
    """What an owner says: the exact terms, the signed `terms.loosen` (or ""), the language the waiver was read in.

    `mask`: the one that the terms name, unless it came before.
    """

    terms: Terms
    owner_signature: str = ""
    language: str = "en"
    mask: Mask | None = None


@dataclass(frozen=True)
class Waiver:
    """The text signed, one version: `texts` by language (en, fr, es), `sha256` (hex) over all of them."""

    version: str
    sha256: str
    texts: dict[str, str]


@dataclass(frozen=True)
class StoredReceipt:
    """A receipt as it was given: canonical JSON, and its detached signature (base64url)."""

    receipt: str
    signature: str


@dataclass(frozen=True)
class Mandate:
    """An obligation to connect. Never a consent."""

    id: str
    camera: CameraId
    programme: ProgrammeId
    participation: Participation
    ordinance_sha256: str
    section: str
    scope: str
    recorded_at: datetime


@dataclass(frozen=True)
class Obligation:
    """A mandate and what its owner made of it: `connection` is None until the owner connects, and is no consent."""

    mandate: Mandate
    connection: Consent | None
