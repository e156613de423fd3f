"""Reads of official alerts; all of it is public."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from consentry.agencies.queries import all_agencies
from consentry.kernel.clock import from_ms
from consentry.kernel.errors import NotFound
from consentry.kernel.geo import Place
from consentry.neighbors.cap import CapInfo, CapMessage, FeedEntry, FeedHead, atom_feed
from consentry.neighbors.models import Alert, AlertCell
from consentry.neighbors.services.alerts import said_of, sender

PAGE = 50
_TITLES = {"en": "Official alerts", "es": "Alertas oficiales", "fr": "Alertes officielles"}


@dataclass(frozen=True)
class AlertRead:
    """One published message with its area, and the id of the chain's newest when that is another."""

    row: Alert
    agency_name: str
    info: CapInfo
    cells: tuple[str, ...]
    superseded_by: str


def alerts(*, now: datetime, running: bool) -> list[AlertRead]:
    """The newest messages, at most `PAGE`; `running`: only the newest of each chain, not over and not cancelled."""
    rows = Alert.objects.order_by("-sent_at", "-version")
    if not running:
        return _read(list(rows[:PAGE]))
    found = _read(list(rows.filter(expires_at__gt=now).exclude(msg_type="Cancel")[: 4 * PAGE]))
    return [one for one in found if not one.superseded_by][:PAGE]


def get_alert(alert: str) -> AlertRead:
    """One message; NotFound when there is none."""
    row = Alert.objects.filter(id=alert).first()
    if row is None:
        raise NotFound("there is no such alert")
    return _read([row])[0]


def feed(*, now: datetime, language: str = "") -> str:
    """The Atom feed of the newest messages with their areas (GeoRSS), each in `language` if it is said in that."""
    found = alerts(now=now, running=False)
    entries = [FeedEntry(_message(one), cap_url(one.row.id), one.row.sent_at) for one in found]
    updated = found[0].row.sent_at if found else from_ms(0)
    return atom_feed(entries, FeedHead(settings.ORIGIN, _TITLES.get(language, _TITLES["en"]), updated, language))


def cap_url(alert: str) -> str:
    """Where the CAP file of an alert is served."""
    return f"{settings.ORIGIN}/api/alerts/{alert}/cap.xml"


def _message(found: AlertRead) -> CapMessage:
    row = found.row
    return CapMessage(
        identifier=row.id, sender=sender(), sender_name=found.agency_name, sent=row.sent_at, expires=row.expires_at,
        status=row.status, msg_type=row.msg_type, info=found.info, web=f"{settings.ORIGIN}/alerts/{row.id}",
        corners=tuple(Place(*corner) for corner in row.corners),
    )  # fmt: skip


def _read(rows: list[Alert]) -> list[AlertRead]:
    names = {str(agency.id): agency.name for agency in all_agencies()}
    firsts = [row.first for row in rows]
    newest = dict(Alert.objects.filter(first__in=firsts).order_by("version").values_list("first", "id"))
    cells: dict[str, list[str]] = {}
    pairs = AlertCell.objects.filter(alert__in=[row.id for row in rows]).order_by("cell").values_list("alert", "cell")
    for alert, cell in pairs:
        cells.setdefault(alert, []).append(cell)
    return [
        AlertRead(
            row, names.get(row.agency, ""), said_of(row), tuple(cells.get(row.id, ())),
            newest[row.first] if newest[row.first] != row.id else "",
        )
        for row in rows
    ]  # fmt: skip
