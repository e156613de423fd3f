"""Reads. All but the gateway's and the owner's start from what the principal's agencies hold."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from consentry.accounts import queries as accounts
from consentry.core.principal import Principal
from consentry.evidence import models
from consentry.evidence.access import READERS, access_item
from consentry.evidence.rules import SEEN_ACTS
from consentry.evidence.types import (
    AnswerFacts,
    CaseFacts,
    CustodyAct,
    Finding,
    HoldFacts,
    ItemWhere,
    MarkRun,
    Wholeness,
)
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clock import to_ms
from consentry.kernel.ids import CameraId, CaseId, GatewayId, HoldId, ItemId, PersonId, RecordingId, SessionId
from consentry.kernel.item_journal import SegmentLine
from consentry.ledger import queries as ledger

LIST_LIMIT = 100


def search_items(principal: Principal, where: ItemWhere, *, limit: int = LIST_LIMIT) -> list[models.Item]:
    """Items of the principal's agencies that match all of `where`, newest first."""
    rows = models.Item.objects.filter(agency__in=principal.agencies(*READERS))
    exact = {
        "places__case": where.case, "cell": where.cell, "kind": where.kind, "state": where.state,
        "incident": where.incident, "camera": where.camera,
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if where.text:
        rows = rows.filter(Q(name__icontains=where.text) | Q(notes__text__icontains=where.text)).distinct()
    if where.since is not None:
        rows = rows.filter(Q(end_us__gte=_us(where.since)) | Q(end_us=None, began_at__gte=where.since))
    if where.until is not None:
        rows = rows.filter(Q(start_us__lt=_us(where.until)) | Q(start_us=None, began_at__lt=where.until))
    if where.before is not None:
        rows = rows.filter(began_at__lt=where.before)
    return list(rows.order_by("-began_at", "id")[:limit])


def custody_of(item: models.Item) -> list[CustodyAct]:
    """Every act on `item`, first to last, people by name, ledger entries by their place."""
    acts = list(item.acts.order_by("id"))
    names = accounts.names_of([PersonId(act.person) for act in acts if act.person])
    return [
        CustodyAct(
            at=act.at, kind=act.kind, person=names.get(PersonId(act.person), ""), role=act.role, why=act.why,
            about=act.about, ledger_index=_index(act.ledger_key),
        )
        for act in acts
    ]  # fmt: skip


def holds_of(item: models.Item) -> list[HoldFacts]:
    """The item's holds, oldest first, people by name."""
    rows = list(item.holds.order_by("set_at", "id"))
    people = [PersonId(name) for row in rows for name in (row.set_by, row.first_by) if name]
    names = accounts.names_of(people)
    return [
        HoldFacts(
            id=HoldId(row.id), why=row.why, until=row.until, set_by=names.get(PersonId(row.set_by), ""),
            set_at=row.set_at, first_by=names.get(PersonId(row.first_by), ""), cleared_at=row.cleared_at,
        )
        for row in rows
    ]  # fmt: skip


def notes_of(item: models.Item) -> list[tuple[models.Note, str]]:
    """The item's notes with their writers' names, oldest first."""
    rows = list(item.notes.order_by("at", "id"))
    names = accounts.names_of([PersonId(row.person) for row in rows])
    return [(row, names.get(PersonId(row.person), "")) for row in rows]


def wholeness_of(item: models.Item) -> Wholeness:
    """The item's timestamp, its copy in the store, when it was read again, and what was found wrong."""
    stamp = models.Stamping.objects.filter(item=item).first()
    copy = models.StoredCopy.objects.filter(item=item).first()
    look = models.FixityLook.objects.filter(item=item).first()
    found = models.FixityFinding.objects.filter(item=item).order_by("at", "id")
    return Wholeness(
        stamp=stamp.state if stamp else "", stamp_at=stamp.at if stamp else None,
        stamp_authority=stamp.authority if stamp else "", store=copy.state if copy else "",
        looked_at=look.looked_at if look else None,
        findings=tuple(Finding(row.file, row.state, row.expected, row.found, row.why, row.at) for row in found),
    )  # fmt: skip


def files_of(item: models.Item) -> Sequence[SegmentLine]:
    """The item's segments as its journal names them: of a look each plays by itself."""
    return open_vault().lines_of(ItemId(item.id))


def cases(principal: Principal, *, item: str = "", limit: int = LIST_LIMIT) -> list[CaseFacts]:
    """Cases of the principal's agencies, newest first; those that hold `item` when it is named."""
    rows: QuerySet[models.Case] = models.Case.objects.filter(agency__in=principal.agencies(*READERS))
    if item:
        rows = rows.filter(id__in=access_item(principal, item).places.values("case"))
    counted = rows.annotate(count=Count("places")).order_by("-made_at", "id")[:limit]
    return [CaseFacts(CaseId(row.id), row.number, row.name, row.keep_until, row.keep_why, row.count) for row in counted]


def kept_sessions(sessions: Iterable[str]) -> frozenset[SessionId]:
    """Which of `sessions` were kept, or are: for the owner's page. Whose they are was checked by the caller."""
    found = models.Mark.objects.filter(session__in=list(sessions)).exclude(item__state="empty")
    return frozenset(SessionId(name) for name in found.values_list("session", flat=True))


def keep_state(session: str) -> tuple[str, ItemId | None]:
    """How keeping this session stands: "" when it is not, else the recorder's word or `ended`; and the item."""
    mark = models.Mark.objects.filter(session=session).order_by("-begun_at").first()
    if mark is None:
        return "", None
    return ("ended" if mark.ended_at else mark.state), ItemId(mark.item_id)


def marks_at(gateway: GatewayId) -> tuple[list[MarkRun], list[tuple[RecordingId, CameraId]]]:
    """Looks that `gateway` is to record now, and recordings that are over and of which it has not delivered all."""
    here = models.Mark.objects.filter(gateway=gateway)
    running = [
        MarkRun(RecordingId(row.recording), SessionId(row.session), CameraId(row.camera), row.from_us)
        for row in here.filter(ended_at=None).order_by("recording")
    ]
    over = here.filter(item__state="open").exclude(ended_at=None).exclude(state="delivered")
    return running, [(RecordingId(row.recording), CameraId(row.camera)) for row in over.order_by("recording")]


def answers_of(items: Iterable[str]) -> dict[ItemId, AnswerFacts]:
    """How residents' answers stand, by item; whose they are was checked by the caller."""
    rows = models.Item.objects.filter(id__in=list(items), kind="answer").prefetch_related("acts")
    return {ItemId(row.id): _answer_facts(row) for row in rows}


def answer_items() -> set[ItemId]:
    """Every item that is a resident's answer: for checks of a whole folder."""
    return {ItemId(item) for item in models.Item.objects.filter(kind="answer").values_list("id", flat=True)}


def receipt_in(item: ItemId) -> str:
    """SHA-256 (hex) of the consent receipt that an answer's record in the vault names, "" for none: for checks.

    Raises as `Vault.about`.
    """
    return str(open_vault().about(item).source.get("receipt_sha256", ""))


def upload_offset(upload: str) -> int:
    """How many bytes of a file are durable here, 0 when there is none; whose it is was checked by the caller."""
    return models.Upload.objects.filter(id=upload).values_list("offset", flat=True).first() or 0


def _answer_facts(row: models.Item) -> AnswerFacts:
    seen = [act.at for act in row.acts.all() if act.kind in SEEN_ACTS]
    return AnswerFacts(
        state=row.state, cell=row.cell, keep_until=row.keep_until, keep_reason=row.keep_reason,
        opened_at=min(seen, default=None), held=row.keep_reason == "hold", shredded_at=row.shredded_at,
    )  # fmt: skip


def _index(key: str) -> int | None:
    place = ledger.find_place(key) if key else None
    return None if place is None else place.index


def _us(moment: datetime) -> int:
    return to_ms(moment) * 1_000
