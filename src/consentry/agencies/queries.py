"""Reads of agencies and programmes."""

from datetime import datetime

from django.db.models import QuerySet

from consentry.agencies import models
from consentry.agencies.rules import CONTACTS
from consentry.agencies.types import Agency, Programme, State, Vote
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import AgencyId, CameraId, ProgrammeId

PUBLIC_STATES = (State.COMMENT, State.PUBLISHED, State.ACTIVE, State.ENDED, State.SUSPENDED)


def get_agency(agency: AgencyId) -> Agency:
    """The agency; NotFound when there is none."""
    row = models.Agency.objects.filter(id=agency).first()
    if row is None:
        raise NotFound("there is no such agency")
    return Agency(AgencyId(row.id), row.name, row.jurisdiction, row.place)


def all_agencies() -> list[Agency]:
    """Every agency, by name."""
    rows = models.Agency.objects.order_by("name", "id")
    return [Agency(AgencyId(row.id), row.name, row.jurisdiction, row.place) for row in rows]


def get_programme(programme: ProgrammeId) -> Programme:
    """The programme; NotFound when there is none."""
    row = _rows().filter(id=programme).first()
    if row is None:
        raise NotFound("there is no such programme")
    return programme_of(row)


def active_programmes(now: datetime) -> list[Programme]:
    """Programmes that may be used at `now`, by id."""
    rows = _rows().filter(state=State.ACTIVE.value, starts_at__lte=now, ends_at__gt=now)
    return [programme_of(row) for row in rows.order_by("id")]


def programmes_of(agency: AgencyId) -> list[Programme]:
    """All programmes of `agency`, newest first."""
    return [programme_of(row) for row in _rows().filter(agency=agency).order_by("-created_at", "id")]


def public_programmes() -> list[Programme]:
    """Everything but drafts, newest first."""
    rows = _rows().filter(state__in=[state.value for state in PUBLIC_STATES])
    return [programme_of(row) for row in rows.order_by("-created_at", "id")]


def cameras_in_use(programme: ProgrammeId) -> dict[CameraId, str]:
    """Which cameras count against the caps, with their class (private or public)."""
    rows = models.CameraUse.objects.filter(programme=programme).values_list("camera", "klass")
    return {CameraId(camera): klass for camera, klass in rows}


def areas_out(agency: AgencyId) -> frozenset[str]:
    """Cells that voted themselves out."""
    return frozenset(models.AreaOut.objects.filter(agency=agency).values_list("cell", flat=True))


def programme_of(row: models.Programme) -> Programme:
    """The row as others see it."""
    return Programme(
        id=ProgrammeId(row.id),
        agency=AgencyId(row.agency.id),
        agency_name=row.agency.name,
        name=row.name,
        preset=row.preset,
        state=State(row.state),
        state_since=row.state_since,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        tiers=frozenset(row.tiers),
        city_camera_cap=row.city_camera_cap,
        private_camera_cap=row.private_camera_cap,
        city_cameras_used=row.city_cameras_used,
        private_cameras_used=row.private_cameras_used,
        call_types=frozenset(row.call_types),
        max_distance_m=row.max_distance_m,
        retention_days=row.retention_days,
        jurisdiction=row.jurisdiction,
        impact_report_sha256=row.impact_report_sha256,
        use_policy_sha256=row.use_policy_sha256,
        contacts={name: getattr(row, f"contact_{name}") for name in CONTACTS},
        area_cells=frozenset(row.area_cells),
        vote=None if row.vote is None else _vote_of(row.vote),
    )


def _vote_of(row: models.Vote) -> Vote:
    return Vote(row.body, row.instrument, row.held_at, row.allows_until, row.document_sha256)


def _rows() -> QuerySet[models.Programme]:
    return models.Programme.objects.select_related("agency", "vote")
