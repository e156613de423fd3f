"""Official alerts: composed by an agency for a drawn area, published as CAP, updated and cancelled."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction

from consentry.agencies.queries import get_agency
from consentry.cells.queries import published_names
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, Malformed, NotFound
from consentry.kernel.geo import Place
from consentry.kernel.ids import AgencyId, AlertId, new_id
from consentry.kernel.limits_residents import MAX_ALERT_CORNERS, MAX_ALERT_HOURS, MAX_POST_CHARS, MIN_ALERT_SQ_M
from consentry.kernel.roles import Role
from consentry.ledger.services import append
from consentry.neighbors.access import person_of
from consentry.neighbors.area import area_sq_m, cells_in_polygon, crosses_itself
from consentry.neighbors.cap import CapInfo, CapMessage, CapText, compose
from consentry.neighbors.cap_check import faults_of
from consentry.neighbors.models import Alert, AlertCell
from consentry.neighbors.services.tell import begin_telling
from consentry.neighbors.text import clean_text

ISSUERS = (Role.MANAGER, Role.SUPERVISOR)
_KINDS = {"Alert": "alert.issued", "Cancel": "alert.cancelled", "Update": "alert.updated"}


@dataclass(frozen=True)
class NewAlert:
    """What an agency says: `corners` of the drawn area (open or closed), until when it holds."""

    info: CapInfo
    corners: tuple[Place, ...]
    expires_at: datetime
    status: str = "Actual"


@transaction.atomic
def issue_alert(principal: Principal, agency: str, new: NewAlert, *, now: datetime) -> AlertId:
    """Publish a first alert; the worker tells everybody who lives in or follows its area.

    Raises: NotFound for an agency that is not theirs; Malformed: `alert-area`, `alert-time`, `alert` (with what CAP
        would refuse).
    """
    return _publish(principal, _Issue(_issuer(principal, agency), "Alert", new, ()), now)


@transaction.atomic
def update_alert(principal: Principal, alert: str, new: NewAlert, *, now: datetime) -> AlertId:
    """Correct an alert: a new message that refers to all before it, told to the area and to whoever was told before.

    Raises: as `issue_alert`; Conflict (`alert-over`) unless `alert` is the newest of its chain and neither cancelled
        nor expired.
    """
    chain = _chain(principal, alert, now)
    return _publish(principal, _Issue(AgencyId(chain[-1].agency), "Update", new, tuple(chain)), now)


@transaction.atomic
def cancel_alert(
    principal: Principal, alert: str, why: str, *, now: datetime, others: Mapping[str, str] | None = None
) -> AlertId:
    """Take an alert back; `why`, in its first language, stands in the message, and `others` (language: why) too.

    A language in which nobody said why is left out: its readers get the first, as it is, and not another's words under
    their language's name. Errors as `update_alert`; Malformed for a language that the alert was not said in.
    """
    chain = _chain(principal, alert, now)
    said = said_of(chain[-1])
    corners = tuple(Place(*corner) for corner in chain[-1].corners)
    first = said.texts[0].language
    whys = {first: why} | {name: text for name, text in (others or {}).items() if name != first}
    if unknown := whys.keys() - {text.language for text in said.texts}:
        raise Malformed(f"this alert is not said in {', '.join(sorted(unknown))}", kind="alert")
    texts = tuple(
        replace(text, description=clean_text(whys[text.language], most_chars=MAX_POST_CHARS), instruction="")
        for text in said.texts
        if text.language in whys
    )
    info = replace(said, response="AllClear", texts=texts)
    expires = max(chain[-1].expires_at, now + timedelta(hours=1))
    new = NewAlert(info, corners, expires, chain[-1].status)
    return _publish(principal, _Issue(AgencyId(chain[-1].agency), "Cancel", new, tuple(chain)), now)


def said_of(row: Alert) -> CapInfo:
    """What a stored alert says."""
    shared = {name: row.said[name] for name in _SHARED}
    return CapInfo(**shared, texts=tuple(CapText(**text) for text in row.said["texts"]))


def sender() -> str:
    """The CAP sender of this platform: unique by its public name, without blanks or commas."""
    return f"alerts@{urlsplit(settings.ORIGIN).netloc}"


_SHARED = ("category", "response", "urgency", "severity", "certainty", "area_name")


@dataclass(frozen=True)
class _Issue:
    """One message about to be published: who says it, of which type, after which earlier ones."""

    agency: AgencyId
    msg_type: str
    new: NewAlert
    chain: tuple[Alert, ...]


def _publish(principal: Principal, issue: _Issue, now: datetime) -> AlertId:
    corners = _checked_area(issue.new.corners)
    sent = now.replace(microsecond=0)
    languages = [text.language for text in issue.new.info.texts]
    if len(languages) != len(set(languages)):
        raise Malformed("an alert says one thing once in each language", kind="alert")
    expires = issue.new.expires_at.replace(microsecond=0)
    if not sent < expires <= sent + timedelta(hours=MAX_ALERT_HOURS):
        raise Malformed(f"an alert ends within {MAX_ALERT_HOURS} hours", kind="alert-time")
    name = new_id("alert")
    message = _message(name, issue, corners, sent)
    xml = compose(message)
    if faults := faults_of(xml):
        raise Malformed(f"not a valid alert: {'; '.join(faults)[:500]}", kind="alert")
    cells = cells_in_polygon(corners, published_names())
    if not cells:
        raise Malformed("nobody lives in this area", kind="alert-area")
    row = Alert.objects.create(
        id=name, agency=issue.agency, first=issue.chain[0].id if issue.chain else name, version=len(issue.chain) + 1,
        msg_type=issue.msg_type, refers_to=" ".join(one.id for one in issue.chain), said=asdict(issue.new.info),
        corners=[list(corner) for corner in corners], sent_at=sent, expires_at=issue.new.expires_at, cap=xml,
        cap_sha256=hashlib.sha256(xml.encode()).hexdigest(), issued_by=person_of(principal), status=issue.new.status,
    )  # fmt: skip
    AlertCell.objects.bulk_create([AlertCell(alert=row, cell=cell) for cell in cells])
    fields = {"agency": issue.agency, "cap_sha256": row.cap_sha256, "msg_type": issue.msg_type}
    append("alert.issue", fields, key=name)
    begin_telling(_KINDS[issue.msg_type], name, row.version)
    return AlertId(name)


def _message(name: str, issue: _Issue, corners: tuple[Place, ...], sent: datetime) -> CapMessage:
    return CapMessage(
        identifier=name, sender=sender(), sender_name=get_agency(issue.agency).name, sent=sent,
        expires=issue.new.expires_at, status=issue.new.status, msg_type=issue.msg_type, info=issue.new.info,
        corners=corners, web=f"{settings.ORIGIN}/alerts/{name}",
        references=tuple((sender(), one.id, one.sent_at) for one in issue.chain),
    )  # fmt: skip


def _chain(principal: Principal, alert: str, now: datetime) -> list[Alert]:
    """All messages of the chain that `alert` is the newest of, locked, oldest first."""
    found = Alert.objects.filter(id=alert).first()
    if found is None:
        raise NotFound("there is no such alert")
    _issuer(principal, found.agency)
    chain = list(Alert.objects.select_for_update().filter(first=found.first).order_by("version"))
    newest = chain[-1]
    if newest.id != alert or newest.msg_type == "Cancel" or newest.expires_at <= now:
        raise Conflict("this alert is over, or has a newer message", kind="alert-over")
    return chain


def _checked_area(corners: tuple[Place, ...]) -> tuple[Place, ...]:
    """The corners, closed; Malformed for an area that is none, crosses itself, or could point at a few homes."""
    if not 3 <= len(corners) <= MAX_ALERT_CORNERS:
        raise Malformed(f"an area has 3 to {MAX_ALERT_CORNERS} corners", kind="alert-area")
    if any(not (-90 <= lat <= 90 and -180 <= lon <= 180) for lat, lon in corners):
        raise Malformed("a corner that is nowhere on the earth", kind="alert-area")
    rounded = [Place(round(lat, 5), round(lon, 5)) for lat, lon in corners]
    closed = tuple(rounded if rounded[0] == rounded[-1] else [*rounded, rounded[0]])
    if len(closed) < 4 or crosses_itself(closed):
        raise Malformed("the sides of an area do not cross", kind="alert-area")
    if area_sq_m(closed) < MIN_ALERT_SQ_M:
        raise Malformed("an area has at least 0.1 square kilometres", kind="alert-area")
    return closed


def _issuer(principal: Principal, agency: str) -> AgencyId:
    if agency not in principal.agencies(*ISSUERS):
        raise NotFound("there is no such agency")
    return AgencyId(agency)
