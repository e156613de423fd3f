"""What the owner allows, held against what an opening claims. Pure; raises Untrusted with the rule's kind."""

from dataclasses import dataclass, field

from consentry.edge.store import CameraState
from consentry.kernel.clock import from_ms
from consentry.kernel.errors import Untrusted
from consentry.kernel.limits import (
    MAX_CALL_AGE_MIN,
    MAX_CLOCK_SKEW_MS,
    MAX_GRANT_MIN,
    MAX_INCIDENT_ACCESS_MIN,
    OWNER_ANSWER_S,
)
from consentry.kernel.mask import Mask, mask_sha256
from consentry.kernel.opening import Opening
from consentry.kernel.owner_record import OwnerKey, open_owner_record
from consentry.kernel.terms import Approval, Terms, Tier, terms_sha256, within_hours

MINUTE_MS = 60_000


@dataclass(frozen=True)
class Shown:
    """What a camera's pictures show now: `mask_sha256` names the mask that is burnt into them, "" for none; `moved`: it
    was drawn on another view than this one.
    """

    mask_sha256: str = ""
    moved: bool = False


@dataclass(frozen=True)
class Home:
    """What holds in the house."""

    now_ms: int
    owner: OwnerKey
    shown: Shown = field(default_factory=Shown)


def require_terms(opening: Opening, state: CameraState, home: Home, *, first_use_ms: int | None = None) -> int:
    """The hard stop in ms if the owner's terms allow this look now; Untrusted with the failed rule's kind otherwise.

    `first_use_ms`: when this incident first opened this camera here; the whole of it is bounded too.
    """
    terms = state.terms
    if terms is None:
        raise Untrusted("no terms of an owner here", kind="no-terms")
    _require(terms_sha256(terms) == opening.text("terms_sha256"), "terms-differ")
    _require(terms.camera_id == opening.text("camera") == state.id, "terms-camera")
    _require(terms.programme_id == opening.text("programme"), "terms-programme")
    _require(opening.public["participation"] == terms.participation, "terms-participation")
    _require(opening.public["decision"] == "allow", "not-allowed")
    _require_scope(opening, terms)
    # The pictures that would leave bear the very mask that these terms name: another, or none, shows too much.
    _require(terms.view_attested.mask_sha256 == home.shown.mask_sha256, "mask-missing")
    _require(not home.shown.moved, "view-moved")
    _require_time(opening, terms, home.now_ms, first_use_ms)
    if terms.approval is not Approval.AUTOMATIC:
        _require_approval(opening, home.owner)
    return min(opening.number("max_until"), terms.expires_at_ms)


def mask_due(state: CameraState) -> Mask | None:
    """The mask that must be burnt in, None for none; Untrusted `mask-missing` when the terms name one not held here.

    Without terms the last one stays: a withdrawal opens nothing, and the owner's own recordings keep it.
    """
    held = state.mask
    if state.terms is None:
        return held
    named = state.terms.view_attested.mask_sha256
    if named == "":
        return None
    if held is None or mask_sha256(held) != named:
        raise Untrusted("the mask that the terms name is not here", kind="mask-missing")
    return held


def _require_scope(opening: Opening, terms: Terms) -> None:
    _require(terms.tier is Tier.LIVE, "terms-tier")
    _require(opening.text("type") in terms.call_types, "terms-call-type")
    _require(opening.text("purpose") in terms.purposes, "terms-purpose")
    _require(opening.number("distance_m") <= terms.max_distance_m, "terms-distance")
    # A call typed by hand or started by an officer opens no private camera, whatever a server says of the policy.
    _require(opening.text("origin") == "cad", "call-origin")
    _require(terms.view_attested.not_indoor, "view-not-attested")


def _require_time(opening: Opening, terms: Terms, now_ms: int, first_use_ms: int | None) -> None:
    until_ms, said_ms = opening.number("max_until"), opening.t_ms
    minutes = min(terms.max_minutes_per_grant, MAX_GRANT_MIN)
    _require(now_ms < until_ms, "grant-over")
    _require(now_ms < terms.expires_at_ms, "terms-expired")
    _require(until_ms - said_ms <= minutes * MINUTE_MS, "terms-minutes")
    age_ms = said_ms - opening.number("reported_at")
    _require(age_ms >= -MAX_CLOCK_SKEW_MS, "call-in-future")
    _require(age_ms <= MAX_CALL_AGE_MIN * MINUTE_MS, "call-too-old")
    first_ms = now_ms if first_use_ms is None else first_use_ms
    _require(until_ms - first_ms <= MAX_INCIDENT_ACCESS_MIN * MINUTE_MS, "incident-minutes")
    _require(within_hours(terms, from_ms(now_ms)), "terms-hours")


def _require_approval(opening: Opening, owner: OwnerKey) -> None:
    """The owner's own yes to this camera, incident, agency and purpose, and to at least this long."""
    _require(opening.text("approval_sig") != "", "approval-missing")
    record = open_owner_record(opening.text("approval_sig"), owner, kind="ask.yes")
    for name in ("agency", "camera", "incident", "purpose"):
        _require(record[name] == opening.text(name), "approval-other")
    minutes, said_ms = int(record["minutes"]), int(record["t"])
    _require(said_ms <= opening.t_ms + MAX_CLOCK_SKEW_MS, "approval-in-future")
    late_ms = OWNER_ANSWER_S * 1_000
    _require(opening.number("max_until") <= said_ms + minutes * MINUTE_MS + late_ms, "approval-minutes")


def _require(holds: bool, kind: str) -> None:
    if not holds:
        raise Untrusted(kind.replace("-", " "), kind=kind)
