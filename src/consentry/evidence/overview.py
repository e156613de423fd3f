"""Reads over all items of the caller's agencies: where they were taken, and whether what is sealed is still whole."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q, QuerySet

from consentry.cameras import queries as cameras
from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.access import READERS
from consentry.incidents import queries as incidents
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import IncidentId

LIST_LIMIT = 200
_THERE = ("closing", "logging", "open", "sealed")
_KEPT = ("sealed", "shredded", "shredding")


@dataclass(frozen=True)
class PlaceFacts:
    """A published cell with items. `near`: the block of the newest call there, "" when there was none."""

    cell: str
    near: str
    items: int


@dataclass(frozen=True)
class SourceFacts:
    """A camera with items. `name`: a city camera's; "" for a private one, which nobody but its owner named."""

    camera: str
    name: str
    items: int


@dataclass(frozen=True)
class DamageFacts:
    """A file of an item that was not what was signed, and when that was found."""

    item: str
    name: str
    kind: str
    file: str
    state: str
    why: str
    at: datetime


@dataclass(frozen=True)
class WholenessFacts:
    """What the job that reads everything again found. `whole + damaged + unread` is all that is sealed or shredded.

    `missing`: damaged items of which a file is not there at all. `last_at`: when an item was read last;
    `oldest_at`: when the item was read that was not read for longest, of those that were read at all; `running`: whose
    first reading is not finished.
    """

    whole: int
    damaged: int
    missing: int
    unread: int
    running: int
    last_at: datetime | None
    oldest_at: datetime | None
    findings: tuple[DamageFacts, ...]


def places(principal: Principal) -> list[PlaceFacts]:
    """The cells of the caller's items, most items first."""
    rows = _mine(principal).filter(state__in=_THERE).exclude(cell="")
    found = rows.values("cell").annotate(count=Count("id")).order_by("-count", "cell")[:LIST_LIMIT]
    return [PlaceFacts(row["cell"], _near(rows, row["cell"]), row["count"]) for row in found]


def sources(principal: Principal) -> list[SourceFacts]:
    """The cameras of the caller's items, most items first."""
    rows = _mine(principal).filter(state__in=_THERE).exclude(camera="").values("camera")
    found = list(rows.annotate(count=Count("id")).order_by("-count", "camera")[:LIST_LIMIT])
    known = {camera.id: camera for camera in cameras.public_cameras(principal)}
    names = {str(camera): one.name for camera, one in known.items()}
    return [SourceFacts(row["camera"], names.get(row["camera"], ""), row["count"]) for row in found]


def wholeness(principal: Principal) -> WholenessFacts:
    """How the caller's sealed items stand, and the newest findings."""
    rows = _mine(principal).filter(state__in=_KEPT)
    total = rows.count()
    damaged = Q(findings__isnull=False)
    bad = rows.filter(damaged).distinct().count()
    missing = rows.filter(findings__state="missing").distinct().count()
    unread = rows.exclude(damaged).filter(Q(fixity=None) | Q(fixity__looked_at=None)).count()
    times = rows.aggregate(last=Max("fixity__looked_at"), oldest=Min("fixity__looked_at"))
    findings = models.FixityFinding.objects.filter(item__in=rows).select_related("item").order_by("-at", "-id")
    return WholenessFacts(
        whole=total - bad - unread, damaged=bad, missing=missing, unread=unread,
        running=rows.filter(fixity__looked_at=None).exclude(fixity__after="").exclude(fixity=None).count(),
        last_at=times["last"], oldest_at=times["oldest"],
        findings=tuple(
            DamageFacts(row.item_id, row.item.name, row.item.kind, row.file, row.state, row.why, row.at)
            for row in findings[:LIST_LIMIT]
        ),
    )  # fmt: skip


def _mine(principal: Principal) -> QuerySet[models.Item]:
    return models.Item.objects.filter(agency__in=principal.agencies(*READERS))


def _near(rows: QuerySet[models.Item], cell: str) -> str:
    newest = rows.filter(cell=cell).exclude(incident="").order_by("-began_at").first()
    if newest is None:
        return ""
    try:
        return incidents.get_incident(IncidentId(newest.incident)).block
    except NotFound:
        return ""
