"""What the database itself refuses, whoever writes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from tests.agencies.make import HASH, make_agency, make_programme, make_vote

from consentry.agencies import queries, services
from consentry.agencies.models import AreaOut, CameraUse, Programme, Vote
from consentry.agencies.rules import NEXT
from consentry.agencies.types import State
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import ConsentryError, LimitReached
from consentry.kernel.ids import CameraId, ProgrammeId

pytestmark = pytest.mark.django_db


def _refuses(**changes: object) -> str:
    """The name of the constraint that refuses `changes` on an active programme."""
    programme = make_programme(make_agency())
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Programme.objects.filter(id=programme.id).update(**changes)
    return refused.value.__cause__.diag.constraint_name


def test_an_active_programme_needs_its_papers() -> None:
    for lacking in ("impact_report_sha256", "use_policy_sha256", "contact_privacy"):
        assert _refuses(**{lacking: ""}) == "agencies_programme_active_needs"


def test_the_end_moves_out_only_with_a_newer_vote() -> None:
    later = utc_now() + timedelta(days=50)
    assert _refuses(ends_at=later, term_days=60) == "agencies_programme_vote_allows"
    programme = make_programme(make_agency())
    vote = make_vote(utc_now(), days=90)
    extended = services.record_vote(programme.id, vote, ends_at=later)
    assert extended.ends_at == later
    assert extended.vote is not None
    assert extended.vote.instrument == vote.instrument


def test_an_older_vote_extends_nothing() -> None:
    programme = make_programme(make_agency())
    older = make_vote(utc_now() - timedelta(days=10), days=300)
    with pytest.raises(ConsentryError) as refused:
        services.record_vote(programme.id, older, ends_at=utc_now() + timedelta(days=60))
    assert "agencies_programme_needs_new_vote" in str(refused.value)


@pytest.mark.parametrize(
    "looser",
    [
        {"private_camera_cap": 6}, {"city_camera_cap": 6}, {"max_distance_m": 500}, {"retention_days": 31},
        {"call_types": ["NOISE"]}, {"term_days": 46},
    ],
)  # fmt: skip
def test_no_figure_is_loosened_while_it_runs(looser: dict[str, object]) -> None:
    assert _refuses(**looser) == "agencies_programme_needs_new_vote"


def test_tightening_needs_no_vote() -> None:
    programme = make_programme(make_agency())
    assert Programme.objects.filter(id=programme.id).update(private_camera_cap=2, max_distance_m=100) == 1


def test_a_pilot_is_no_longer_than_its_term() -> None:
    programme = make_programme(make_agency(), State.COMMENT)
    Programme.objects.filter(id=programme.id).update(ends_at=utc_now() + timedelta(days=46))
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Programme.objects.filter(id=programme.id).update(state="published")
    assert refused.value.__cause__.diag.constraint_name == "agencies_programme_term"


def test_counters_move_only_with_uses() -> None:
    assert _refuses(private_cameras_used=1) == "agencies_programme_counters"


def test_only_the_steps_of_the_rules_are_taken() -> None:
    for before in State:
        programme = make_programme(make_agency(), before)
        for after in State:
            is_allowed = after is before or after in NEXT[before]
            try:
                with transaction.atomic():
                    Programme.objects.filter(id=programme.id).update(state=after.value)
                    transaction.set_rollback(True)
                taken = True
            except IntegrityError:
                taken = False
            lacks_papers = before is State.DRAFT and after not in (State.DRAFT, State.COMMENT)
            assert taken == (is_allowed and not lacks_papers), (before, after)


def test_a_programme_begins_as_a_draft() -> None:
    agency = make_agency()
    made = services.create_programme(agency.id, preset="registry_only", name="Registry")
    row = Programme.objects.get(id=made.id)
    row.pk = "prg_another"
    row.state = "active"
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_votes_never_change() -> None:
    programme = make_programme(make_agency())
    for act in (
        lambda: Vote.objects.update(instrument="other"),
        lambda: Vote.objects.filter(body="City council").delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
    assert queries.get_programme(programme.id).vote is not None


def test_a_vote_of_another_agency_allows_nothing() -> None:
    other = make_programme(make_agency())
    theirs = Programme.objects.get(id=other.id).vote_id
    assert _refuses(vote_id=theirs) == "agencies_programme_own_vote"


def test_an_area_that_voted_itself_out_is_in_no_active_programme() -> None:
    programme = make_programme(make_agency(), State.PUBLISHED)
    vote = Programme.objects.get(id=programme.id).vote
    AreaOut.objects.create(agency_id=programme.agency, cell="89264c1e06fffff", vote=vote)
    for covered in ([], ["89264c1e06fffff"]):
        with pytest.raises(IntegrityError), transaction.atomic():
            Programme.objects.filter(id=programme.id).update(area_cells=covered, state="active")
    assert Programme.objects.filter(id=programme.id).update(area_cells=["89264c1e07fffff"], state="active") == 1


def test_the_sixth_private_camera_is_refused_and_a_place_is_given_back() -> None:
    programme = make_programme(make_agency()).id
    for number in range(5):
        services.record_use(programme, CameraId(f"cam_{number}"), "private")
        services.record_use(programme, CameraId(f"cam_{number}"), "private")
        services.record_use(programme, CameraId(f"city_{number}"), "public")
    for klass in ("private", "public"):
        with pytest.raises(LimitReached), transaction.atomic():
            services.record_use(programme, CameraId("cam_6"), klass)
    services.release_use(programme, CameraId("cam_0"))
    services.record_use(programme, CameraId("cam_6"), "private")
    assert queries.get_programme(programme).private_cameras_used == 5
    assert len(queries.cameras_in_use(programme)) == 10


def test_no_camera_joins_a_programme_that_does_not_run() -> None:
    for state in (State.DRAFT, State.COMMENT, State.SUSPENDED, State.ENDED):
        with pytest.raises(ConsentryError) as refused, transaction.atomic():
            services.record_use(make_programme(make_agency(), state).id, CameraId("cam_x"), "private")
        assert refused.value.kind in ("programme-rule", "cap")


@pytest.mark.django_db(transaction=True)
def test_two_transactions_at_the_cap_let_one_camera_in() -> None:
    programme = make_programme(make_agency()).id
    for number in range(4):
        services.record_use(programme, CameraId(f"cam_{number}"), "private")
    together = Barrier(2)

    def take(camera: str) -> bool:
        """Straight at the table, as another program would."""
        try:
            with transaction.atomic():
                together.wait(10)
                CameraUse.objects.create(programme_id=programme, camera=camera, klass="private")
            return True
        except IntegrityError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(take, ["cam_a", "cam_b"]))
    assert sorted(taken) == [False, True]
    assert queries.get_programme(ProgrammeId(programme)).private_cameras_used == 5


def test_hashes_are_hashes() -> None:
    assert len(HASH) == 64
    assert _refuses(use_policy_sha256="none") == "agencies_programme_active_needs"
