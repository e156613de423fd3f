"""The mask that an owner draws: kept beside the terms that name it, sent to the edge, shown to the owner alone."""

import json
from typing import Any

import pytest
from django.test import Client
from tests.cameras.stage import pair
from tests.consent.stage import Scene, make_scene
from tests.sign_in import client_for, make_person

from consentry.cameras.models import Letter
from consentry.cameras.services import remove_camera
from consentry.consent.models import Mask as MaskRow
from consentry.core.announcements import wire
from consentry.kernel.clock import utc_now
from consentry.kernel.ids import PersonId
from consentry.kernel.mask import Mask, mask_record, mask_sha256
from consentry.kernel.terms import ViewAttested, terms_record
from consentry.project.wiring import table

pytestmark = pytest.mark.django_db
JSON = "application/json"
MASK = Mask((((1_000, 1_000), (6_000, 1_500), (5_000, 8_000)),))
OTHER = Mask((((0, 0), (9_000, 0), (0, 9_000)),))


def _body(scene: Scene, named: Mask | None, sent: Mask | None) -> dict[str, Any]:
    sha256 = "" if named is None else mask_sha256(named)
    terms = scene.terms(view_attested=ViewAttested(True, True, sha256))
    return {
        "programme": scene.programme.id, "terms": terms_record(terms),
        "owner_signature": scene.said(terms).owner_signature, "language": "en",
        "mask": None if sent is None else mask_record(sent),
    }  # fmt: skip


def _client(scene: Scene) -> Client:
    return client_for(PersonId(scene.owner.id))


def _give(scene: Scene, named: Mask | None, sent: Mask | None) -> Any:
    return _client(scene).post(f"/api/cameras/{scene.camera.id}/consents", _body(scene, named, sent), content_type=JSON)


def _letters(edge: str) -> list[dict[str, Any]]:
    return [json.loads(row.body) for row in Letter.objects.filter(edge=edge, kind="terms").order_by("id")]


def test_the_mask_goes_to_the_edge_with_the_terms_that_name_it_and_is_shown_to_its_owner() -> None:
    scene = make_scene()
    given = _give(scene, MASK, MASK)
    assert given.status_code == 201, given.content
    assert given.json()["mask"] == mask_record(MASK)
    letter = _letters(scene.home.id)[-1]
    assert letter["mask"] == mask_record(MASK)
    assert letter["terms"]["view_attested"]["mask_sha256"] == mask_sha256(MASK)
    read = _client(scene).get(f"/api/cameras/{scene.camera.id}/consents").json()
    assert read["consents"][0]["mask"] == mask_record(MASK)
    assert {draft["programme"]: draft["mask"] for draft in read["drafts"]}[scene.programme.id] == mask_record(MASK)
    stranger = client_for(make_person()).get(f"/api/cameras/{scene.camera.id}/consents")
    assert stranger.status_code == 404


def test_tighter_terms_keep_the_mask_without_sending_it_again() -> None:
    scene = make_scene()
    given = _give(scene, MASK, MASK).json()
    terms = {**given["terms"], "version": 2, "max_minutes_per_grant": 3}
    changed = _client(scene).put(f"/api/consents/{given['id']}/terms", {"terms": terms}, content_type=JSON)
    assert (changed.status_code, changed.json()["mask"]) == (200, mask_record(MASK))
    assert _letters(scene.home.id)[-1]["mask"] == mask_record(MASK)


def test_taking_the_mask_off_needs_the_owners_signature() -> None:
    scene = make_scene()
    given = _give(scene, MASK, MASK).json()
    attested = {**given["terms"]["view_attested"], "mask_sha256": ""}
    terms = {**given["terms"], "version": 2, "view_attested": attested}
    refused = _client(scene).put(f"/api/consents/{given['id']}/terms", {"terms": terms}, content_type=JSON)
    assert refused.status_code in (400, 403)
    signed = {key: value for key, value in _body(scene, None, None).items() if key not in ("programme", "mask")}
    taken = _client(scene).put(f"/api/consents/{given['id']}/terms", signed, content_type=JSON)
    assert (taken.status_code, taken.json()["mask"]) == (200, None)
    assert "mask" not in _letters(scene.home.id)[-1]


@pytest.mark.parametrize(("named", "sent", "kind"), [
    (MASK, OTHER, "malformed"), (MASK, None, "mask-missing"), (None, MASK, "malformed"),
])  # fmt: skip
def test_terms_and_mask_must_fit(named: Mask | None, sent: Mask | None, kind: str) -> None:
    scene = make_scene()
    answer = _give(scene, named, sent)
    assert answer.status_code in (400, 403, 409, 422)
    assert answer.json()["kind"] == kind
    assert _letters(scene.home.id) == []
    assert not MaskRow.objects.exists()


def test_another_edge_of_the_camera_gets_the_mask_too_and_a_removed_camera_leaves_none() -> None:
    wire(table())
    scene = make_scene()
    _give(scene, MASK, MASK)
    second = pair(scene.owner)
    client = _client(scene)
    assert client.patch(f"/api/cameras/{scene.camera.id}", {"edge": second.id}, content_type=JSON).status_code == 200
    assert _letters(second.id)[-1]["mask"] == mask_record(MASK)
    remove_camera(scene.owner.principal, scene.camera.id, now=utc_now())
    assert not MaskRow.objects.exists()
