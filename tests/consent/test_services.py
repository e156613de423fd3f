"""Giving, renewing, changing and withdrawing, on PostgreSQL, with owners' real signatures."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from tests.agencies.make import make_agency, make_programme
from tests.cameras.stage import CENTRE, make_camera, make_manager, make_owner, pair
from tests.consent.stage import Scene, days_ms, make_scene

from consentry.agencies.types import State
from consentry.cameras.events import CameraChanged, CameraRemoved
from consentry.cameras.queries import waiting_letters
from consentry.cameras.services import change_view, remove_camera
from consentry.cameras.types import ViewChange
from consentry.cells.queries import published_cells
from consentry.consent import queries, rules, services
from consentry.consent.events import ConsentGiven, ConsentWithdrawn, TermsChanged
from consentry.consent.handlers import on_camera_changed, on_camera_removed
from consentry.consent.models import ConsentVersion
from consentry.consent.models import Mandate as MandateRow
from consentry.consent.services.mandate import NewMandate
from consentry.consent.types import ConsentState, Said
from consentry.core.announcements import wire
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, NotFound, Refused, Untrusted
from consentry.kernel.geo import offset
from consentry.kernel.terms import Approval, Participation, Tier
from consentry.ledger.models import LedgerEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard() -> Iterator[list[object]]:
    """What consent announces; cameras' own events reach consent as wired by the project."""
    events: list[object] = []
    table = dict.fromkeys((ConsentGiven, ConsentWithdrawn, TermsChanged), (events.append,))
    wire({**table, CameraChanged: (on_camera_changed,), CameraRemoved: (on_camera_removed,)})
    yield events
    wire({})


def _state(scene: Scene, days: int = 0) -> ConsentState | None:
    found = queries.current_consent(scene.camera.id, scene.programme.id, utc_now() + timedelta(days=days))
    return None if found is None else found.state


def _letters(scene: Scene) -> list[dict[str, object]]:
    return [json.loads(letter.body) for letter in waiting_letters([scene.home.id], utc_now())]


def test_a_signed_consent_is_given_reaches_the_edge_and_the_ledger(heard: list[object]) -> None:
    scene = make_scene()
    assert _state(scene) is None
    given = scene.give()
    assert (given.state, given.version) == (ConsentState.GIVEN, 1)
    assert heard == [ConsentGiven(scene.camera.id, scene.programme.id)]
    letter = _letters(scene)[-1]
    assert (letter["type"], letter["owner_signature"]) == ("terms", given.owner_signature)
    entry = json.loads(bytes(LedgerEntry.objects.get(kind="consent.give").entry))
    assert entry["programme"] == scene.programme.id
    assert scene.camera.id not in json.dumps(entry)
    assert scene.camera.cell not in json.dumps(entry)


def test_consent_without_the_owners_own_signature_over_these_terms_is_refused() -> None:
    scene, stranger = make_scene(), make_owner()
    terms = scene.terms()
    signed_other = Said(terms, scene.said(replace(terms, audio=True)).owner_signature)
    for said in (scene.said(terms, by=stranger), signed_other):
        with pytest.raises(Untrusted):
            services.give_consent(scene.owner.principal, scene.programme.id, said, now=utc_now())
    with pytest.raises(Untrusted):
        services.give_consent(
            scene.owner.principal, scene.programme.id, scene.said(terms), now=utc_now() + timedelta(hours=1)
        )
    assert _state(scene) is None


def test_nobody_consents_for_another_owners_camera() -> None:
    scene, stranger = make_scene(), make_owner()
    with pytest.raises(NotFound):
        services.give_consent(
            stranger.principal, scene.programme.id, scene.said(scene.terms(), by=stranger), now=utc_now()
        )
    given = scene.give()
    for act in (
        lambda: services.withdraw(stranger.principal, given.id, now=utc_now()),
        lambda: services.renew(stranger.principal, given.id, scene.said(scene.terms()), now=utc_now()),
        lambda: services.change_terms(stranger.principal, given.id, scene.said(scene.terms()), now=utc_now()),
        lambda: queries.access_consent(stranger.principal, given.id, utc_now()),
        lambda: queries.access_receipt(stranger.principal, given.id),
    ):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize("state", [State.DRAFT, State.COMMENT, State.ENDED, State.SUSPENDED])
def test_a_programme_that_is_not_open_takes_no_consent(state: State) -> None:
    scene = make_scene(state)
    with pytest.raises(Conflict) as refused:
        scene.give()
    assert refused.value.kind == "programme-closed"


def test_consent_expires_by_comparison_without_any_job() -> None:
    scene = make_scene()
    scene.give(expires_at_ms=days_ms(30))
    assert _state(scene, days=29) is ConsentState.GIVEN
    assert _state(scene, days=31) is ConsentState.EXPIRED


def test_more_than_twelve_months_are_refused_by_the_rules_and_by_the_database() -> None:
    scene = make_scene()
    with pytest.raises(Refused):
        scene.give(expires_at_ms=days_ms(400))
    scene.give()
    row = ConsentVersion.objects.get()
    row.pk, row.number, row.expires_at = None, 2, row.at + timedelta(days=367)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_a_version_is_never_edited_nor_deleted_whoever_tries() -> None:
    scene = make_scene()
    scene.give()
    for act in (
        lambda: ConsentVersion.objects.update(event="withdrawn"),
        lambda: ConsentVersion.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert _state(scene) is ConsentState.GIVEN


def test_the_chain_links_every_version_to_the_one_before() -> None:
    scene = make_scene()
    given = scene.give()
    services.withdraw(scene.owner.principal, given.id, now=utc_now())
    scene.give()
    rows = list(ConsentVersion.objects.order_by("number"))
    assert [row.event for row in rows] == ["given", "withdrawn", "given"]
    assert [row.previous_sha256 for row in rows] == ["", rows[0].record_sha256, rows[1].record_sha256]


def test_withdrawing_takes_one_call_and_no_signature_and_twice_does_no_harm(heard: list[object]) -> None:
    scene = make_scene()
    given = scene.give()
    heard.clear()
    assert services.withdraw(scene.owner.principal, given.id, now=utc_now()).state is ConsentState.WITHDRAWN
    assert services.withdraw(scene.owner.principal, given.id, now=utc_now()).state is ConsentState.WITHDRAWN
    assert heard == [ConsentWithdrawn(scene.camera.id, scene.programme.id)]
    assert [letter["type"] for letter in _letters(scene)] == ["withdraw"]
    assert LedgerEntry.objects.filter(kind="consent.withdraw").count() == 1


def test_a_withdrawal_counts_although_the_clock_of_its_server_was_ahead() -> None:
    scene = make_scene()
    given = scene.give()
    services.withdraw(scene.owner.principal, given.id, now=utc_now() + timedelta(minutes=5))
    assert _state(scene) is ConsentState.WITHDRAWN


def test_tightening_needs_no_signature_and_loosening_does(heard: list[object]) -> None:
    scene = make_scene()
    given = scene.give(max_distance_m=300)
    heard.clear()
    tighter = replace(given.terms, max_distance_m=200, version=2)
    changed = services.change_terms(scene.owner.principal, given.id, Said(tighter), now=utc_now())
    assert (changed.terms.max_distance_m, changed.version) == (200, 2)
    assert heard == [TermsChanged(scene.camera.id)]
    looser = replace(tighter, approval=Approval.AUTOMATIC, version=3)
    with pytest.raises(Untrusted) as refused:
        services.change_terms(scene.owner.principal, given.id, scene.said(looser, by=make_owner()), now=utc_now())
    assert refused.value.kind == "owner-signature"
    services.change_terms(scene.owner.principal, given.id, scene.said(looser), now=utc_now())
    assert [letter["terms"]["version"] for letter in _letters(scene)] == [1, 2, 3]


def test_a_version_that_is_not_the_next_one_is_refused() -> None:
    scene = make_scene()
    given = scene.give()
    for version in (1, 3):
        with pytest.raises(Conflict) as refused:
            services.change_terms(
                scene.owner.principal, given.id, Said(replace(given.terms, version=version)), now=utc_now()
            )
        assert refused.value.kind == "terms-version"


def test_purposes_in_other_words_make_older_consents_invalid_until_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = make_scene()
    given = scene.give()
    monkeypatch.setattr(rules, "PURPOSES", {"protect_life": {"en": "in other words"}})
    assert _state(scene) is ConsentState.INVALID
    with pytest.raises(Conflict):
        services.change_terms(
            scene.owner.principal, given.id,
            Said(replace(given.terms, version=2, purposes=frozenset({"protect_life"}))), now=utc_now(),
        )  # fmt: skip
    renewed = services.renew(
        scene.owner.principal, given.id, scene.said(scene.terms(purposes=frozenset({"protect_life"}))), now=utc_now()
    )
    assert renewed.state is ConsentState.GIVEN


def test_an_expired_consent_is_renewed_by_a_signature_and_a_withdrawn_one_is_not() -> None:
    scene = make_scene()
    given = scene.give(expires_at_ms=days_ms(1))
    renewed = services.renew(
        scene.owner.principal, given.id, scene.said(scene.terms(expires_at_ms=days_ms(300))), now=utc_now()
    )
    assert renewed.expires_at > given.expires_at
    services.withdraw(scene.owner.principal, given.id, now=utc_now())
    with pytest.raises(Conflict):
        services.renew(scene.owner.principal, given.id, scene.said(scene.terms()), now=utc_now())


def test_consent_is_given_once_and_live_for_one_programme_at_a_time() -> None:
    scene = make_scene()
    scene.give()
    with pytest.raises(Conflict) as refused:
        scene.give()
    assert refused.value.kind == "consent-given"
    other = Scene(scene.owner, scene.home, scene.camera, make_programme(make_agency()))
    with pytest.raises(Conflict) as refused:
        other.give()
    assert refused.value.kind == "other-programme"
    assert other.give(tier=Tier.REGISTRY).state is ConsentState.GIVEN
    assert len(_letters(scene)) == 1, "terms that are not live stay here"


def test_versions_rise_over_all_programmes_of_a_camera() -> None:
    scene = make_scene()
    first = scene.give()
    services.withdraw(scene.owner.principal, first.id, now=utc_now())
    other = Scene(scene.owner, scene.home, scene.camera, make_programme(make_agency()))
    assert other.give().version == 3


def test_a_mandated_camera_is_never_counted_as_consent() -> None:
    agency = make_agency()
    programme, owner = make_programme(agency), make_owner()
    camera = make_camera(owner, participation=Participation.MANDATED)
    scene = Scene(owner, pair(owner), camera, programme)
    with pytest.raises(Refused) as refused:
        scene.give()
    assert refused.value.kind == "not-voluntary"
    new = NewMandate(camera.id, programme.id, "ab" * 32, "§ 12-3", "Shops open at night")
    made = services.record_mandate(make_manager(agency.id), new, now=utc_now())
    assert [found.id for found in queries.mandates_for(camera.id)] == [made.id]
    assert queries.current_consent(camera.id, programme.id, utc_now()) is None
    assert queries.given_cameras(programme.id, utc_now()) == []
    with pytest.raises(DatabaseError), transaction.atomic():
        MandateRow.objects.all().delete()


def test_a_mandate_is_recorded_by_the_programmes_own_manager_for_an_obliged_camera_only() -> None:
    agency = make_agency()
    programme = make_programme(agency)
    free = make_camera(make_owner())
    new = NewMandate(free.id, programme.id, "ab" * 32, "§ 1", "x")
    with pytest.raises(NotFound):
        services.record_mandate(make_manager(make_agency().id), new, now=utc_now())
    with pytest.raises(Refused):
        services.record_mandate(make_manager(agency.id), new, now=utc_now())


def test_a_new_edge_gets_the_terms_from_the_last_signed_version(heard: list[object]) -> None:
    scene = make_scene()
    given = scene.give()
    services.change_terms(
        scene.owner.principal, given.id, Said(replace(given.terms, max_distance_m=100, version=2)), now=utc_now()
    )
    second = pair(scene.owner)
    change_view(scene.owner.principal, scene.camera.id, ViewChange(edge=second.id))
    bodies = [json.loads(letter.body) for letter in waiting_letters([second.id], utc_now())]
    assert [(body["terms"]["version"], bool(body["owner_signature"])) for body in bodies] == [(1, True), (2, False)]


def test_removing_a_camera_ends_its_consents(heard: list[object]) -> None:
    scene = make_scene()
    scene.give()
    remove_camera(scene.owner.principal, scene.camera.id, now=utc_now())
    assert heard[-1] == ConsentWithdrawn(scene.camera.id, scene.programme.id)
    assert _state(scene) is ConsentState.REVOKED


def test_bands_count_consenting_places_and_not_cameras() -> None:
    scene = make_scene()
    owner, places = scene.owner, [offset(CENTRE, bearing=20 * turn, metres=60) for turn in range(12)]
    for place in places[:6]:
        Scene(owner, scene.home, make_camera(owner, scene.home, place=place), scene.programme).give()
    assert services.snapshot_bands(scene.programme.id, now=utc_now() + timedelta(days=1))
    assert {cell.band for cell in published_cells()} == {"under_5"}, "six cameras of one household are one place"
    for place in places[6:]:
        other = make_owner()
        Scene(other, pair(other), make_camera(other, place=place), scene.programme).give()
    assert services.snapshot_bands(scene.programme.id, now=utc_now() + timedelta(days=30))
    assert "5_to_9" in {cell.band for cell in published_cells()}
