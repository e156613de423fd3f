"""Everything that writes about agencies and programmes. Caps, dates and order of states are the database's to hold:
what it refuses comes back as LimitReached or Conflict with the rule's name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from uuid import uuid4

from django.db import DatabaseError, IntegrityError, connection, transaction

from consentry.agencies import models
from consentry.agencies.events import ProgrammeChanged, ProgrammeEnded
from consentry.agencies.jurisdictions import PROFILES
from consentry.agencies.presets import PRESETS
from consentry.agencies.queries import areas_out, programme_of
from consentry.agencies.rules import CONTACTS, may_follow, missing_for_active
from consentry.agencies.types import Agency, Papers, Programme, State, Vote
from consentry.core.announcements import announce
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Refused
from consentry.kernel.ids import AgencyId, CameraId, ProgrammeId
from consentry.kernel.roles import Role
from consentry.ledger.services import append

MAX_NAME_CHARS = 200
STOPPED = (State.ENDED, State.SUSPENDED)

_USE = """
INSERT INTO agencies_camera_use (programme_id, camera, klass) SELECT %(programme)s, %(camera)s, %(klass)s
WHERE NOT EXISTS (SELECT FROM agencies_camera_use WHERE programme_id = %(programme)s AND camera = %(camera)s)
"""


def create_agency(name: str, *, jurisdiction: str, place: str = "", is_demo: bool = False) -> Agency:
    """Enter an agency (the operator's act, not an operation of the API); Malformed for an unknown profile."""
    if jurisdiction not in PROFILES or not 0 < len(name) <= MAX_NAME_CHARS:
        raise Malformed("an agency has a name and a known jurisdiction")
    row = models.Agency.objects.create(name=name, jurisdiction=jurisdiction, place=place, is_demo=is_demo)
    return Agency(AgencyId(row.id), row.name, row.jurisdiction, row.place)


@transaction.atomic
def create_programme(agency: AgencyId, *, preset: str, name: str) -> Programme:
    """A draft from one of `PRESETS`; Malformed for another preset, NotFound for another agency."""
    if preset not in PRESETS or not 0 < len(name) <= MAX_NAME_CHARS:
        raise Malformed("a programme has a name and a known preset")
    owner = models.Agency.objects.filter(id=agency).first()
    if owner is None:
        raise NotFound("there is no such agency")
    figures = {key: value for key, value in asdict(PRESETS[preset]).items() if key != "name"}
    with _rules_as_errors():
        row = models.Programme.objects.create(
            agency=owner, name=name, preset=preset, jurisdiction=owner.jurisdiction,
            **{key: list(value) if isinstance(value, tuple) else value for key, value in figures.items()},
        )  # fmt: skip
    return programme_of(row)


@transaction.atomic
def set_papers(programme: ProgrammeId, papers: Papers) -> Programme:
    """Publish hashes, contacts, dates and area; while it runs, only what tightens passes without a new vote."""
    row = _locked(programme)
    for name in ("starts_at", "ends_at", "impact_report_sha256", "use_policy_sha256"):
        if (said := getattr(papers, name)) is not None:
            setattr(row, name, said)
    if papers.area_cells is not None:
        row.area_cells = sorted(papers.area_cells)
    for contact, address in papers.contacts.items():
        if contact not in CONTACTS or not 0 < len(address) <= MAX_NAME_CHARS:
            raise Malformed("contacts are programme, privacy and complaints")
        setattr(row, f"contact_{contact}", address)
    return _save(row, ProgrammeChanged)


@transaction.atomic
def record_vote(programme: ProgrammeId, vote: Vote, *, ends_at: datetime | None = None) -> Programme:
    """Put `programme` under a vote; with `ends_at`, extend (or shorten) it to that moment under the new vote."""
    row = _locked(programme)
    with _rules_as_errors():
        row.vote = models.Vote.objects.create(agency_id=row.agency_id, **asdict(vote))
    if ends_at is not None:
        row.ends_at = ends_at
        if row.starts_at is not None:
            row.term_days = max(row.term_days, -((row.starts_at - ends_at).days))
    return _save(row, ProgrammeChanged)


@transaction.atomic
def change_state(programme: ProgrammeId, state: State, *, now: datetime) -> Programme:
    """Move `programme` on. Ending or suspending announces `ProgrammeEnded`, which ends its grants.

    Raises:
        Conflict: the step does not follow. Refused: `active` lacks something (`conditions` names what).
    """
    row = _locked(programme)
    if not may_follow(State(row.state), state):
        raise Conflict(f"{state} does not follow {row.state}", kind="programme-state")
    if state is State.ACTIVE:
        missing = missing_for_active(programme_of(row), areas_out(AgencyId(row.agency.id)), now)
        if missing:
            raise Refused("this programme may not be active yet", kind="programme-lacks", conditions=missing)
    row.state, row.state_since = state.value, now
    return _save(row, ProgrammeEnded if state in STOPPED else ProgrammeChanged)


@transaction.atomic(savepoint=False)
def record_use(programme: ProgrammeId, camera: CameraId, klass: str) -> None:
    """Take `camera` (private or public) into the programme's cap; once is enough.

    Whoever goes on after a refusal calls it in a savepoint of its own, for what it writes beside it.

    Raises:
        LimitReached: the cap is reached (kind `cap`). Conflict: the programme is not published or active, or over.
    """
    with _rules_as_errors(), connection.cursor() as cursor:
        # Alone with the programme first: the second of two then sees what the first took, and takes nothing.
        cursor.execute("SELECT id FROM agencies_programme WHERE id = %s FOR UPDATE", [programme])
        if cursor.fetchone() is None:
            raise NotFound("there is no such programme")
        cursor.execute(_USE, {"programme": programme, "camera": camera, "klass": klass})


@transaction.atomic
def release_use(programme: ProgrammeId, camera: CameraId) -> None:
    """Give the camera's place under the cap back; nothing happens when it had none."""
    models.CameraUse.objects.filter(programme=programme, camera=camera).delete()


@transaction.atomic
def record_area_out(agency: AgencyId, cell: str, vote: Vote, *, now: datetime) -> None:
    """A cell voted itself out: running programmes that cover it leave it, or are suspended when they name no cells."""
    instrument = models.Vote.objects.create(agency_id=agency, **asdict(vote))
    models.AreaOut.objects.get_or_create(agency_id=agency, cell=cell, defaults={"vote": instrument})
    for row in models.Programme.objects.select_for_update().filter(agency=agency, state=State.ACTIVE.value):
        rest = sorted(set(row.area_cells) - {cell})
        if rest:
            row.area_cells = rest
            _save(row, ProgrammeChanged)
        else:
            row.state, row.state_since = State.SUSPENDED.value, now
            _save(row, ProgrammeEnded)


def end_due(now: datetime) -> list[ProgrammeId]:
    """End every programme whose time is over (decisions compare the time themselves; this announces it)."""
    due = models.Programme.objects.filter(state__in=[State.ACTIVE.value, State.SUSPENDED.value], ends_at__lte=now)
    ended = []
    for found in due.values_list("id", flat=True):
        with transaction.atomic():
            row = _locked(ProgrammeId(found))
            if row.state in (State.ACTIVE.value, State.SUSPENDED.value) and row.ends_at and row.ends_at <= now:
                row.state, row.state_since = State.ENDED.value, now
                _save(row, ProgrammeEnded)
                ended.append(ProgrammeId(found))
    return ended


def access_programme(principal: Principal, programme: ProgrammeId) -> Programme:
    """The programme if `principal` manages its agency; NotFound otherwise, as if it were absent."""
    row = models.Programme.objects.select_related("agency", "vote").filter(id=programme).first()
    if row is None or row.agency_id not in principal.agencies(Role.MANAGER):
        raise NotFound("there is no such programme")
    return programme_of(row)


def _locked(programme: ProgrammeId) -> models.Programme:
    rows = models.Programme.objects.select_related("agency").select_for_update(of=("self",))
    row = rows.filter(id=programme).first()
    if row is None:
        raise NotFound("there is no such programme")
    return row


def _save(row: models.Programme, event: Callable[[ProgrammeId], object]) -> Programme:
    """Write, log, announce and tell, all in the caller's transaction."""
    counted = {"city_cameras_used", "private_cameras_used", "id"}
    with _rules_as_errors():
        row.save(update_fields=[field.name for field in models.Programme._meta.fields if field.name not in counted])  # noqa: SLF001 Django's own documented name
    said = {
        "agency": row.agency_id, "programme": row.id, "state": row.state, "document_sha256": row.use_policy_sha256,
    }  # fmt: skip
    append("programme.change", said, key=f"programme.change:{row.id}:{uuid4().hex}")
    announce(event(ProgrammeId(row.id)))
    tell(f"agency:{row.agency_id}", "programme.changed", row.id)
    return programme_of(row)


@contextmanager
def _rules_as_errors() -> Iterator[None]:
    """Turn what the database refuses into our errors, by the constraint's name; anything else goes up as it is."""
    try:
        with transaction.atomic(savepoint=False):
            yield
    except (IntegrityError, DatabaseError) as error:
        rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        if rule.endswith("_cap"):
            raise LimitReached("the programme's cap of cameras is reached", kind="cap") from error
        if rule.startswith("agencies_"):
            raise Conflict(f"the programme's rules refuse this: {rule}", kind="programme-rule") from error
        raise
