"""Clips that an edge signed: taken once, as they were signed, kept no longer than their owner said, but for a hold."""

import hashlib
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.access.stage import Stage, make_stage
from tests.evidence.stage import colleague, give_vault_key, work

from consentry.evidence import models, services
from consentry.evidence.services.clips import ClipFor, SignedClip
from consentry.evidence.types import Doer
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clip import ClipManifest, ClipSegment, sign_clip
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Untrusted
from consentry.kernel.ids import CameraId, EdgeId, ItemId, new_id
from consentry.kernel.item_signed import open_acknowledgement
from consentry.kernel.roles import Role
from consentry.notices.models import Notice

pytestmark = pytest.mark.django_db
BODY = os.urandom(40_000)


def signed() -> SignedClip:
    key, edge, camera = Ed25519PrivateKey.generate(), EdgeId(new_id("edge")), CameraId(new_id("camera"))
    manifest = ClipManifest(
        clip=new_id("clip"), edge=edge, camera=camera, asked=(5, 9), cut=(4, 9), gaps=(),
        sha256=hashlib.sha256(BODY).hexdigest(), size_bytes=len(BODY), codec="avc1.42c01e", width_px=2, height_px=2,
        units=1, made_at_ms=1, witnessed_ms=0, segments=(ClipSegment(1, "a" * 64, finished=True),),
    )  # fmt: skip
    return SignedClip(sign_clip(manifest, key), key.public_key().public_bytes_raw(), edge, camera)


@pytest.fixture
def stage() -> Stage:
    give_vault_key()
    return make_stage(Path(), homes=0)


def test_an_answer_is_sealed_with_the_edges_own_manifest_and_yields_only_to_a_hold(stage: Stage) -> None:
    clip, until = signed(), utc_now() + timedelta(days=30)
    given = ClipFor(stage.agency.id, "request-1", until)
    item, acknowledgement = services.take_answer_clip(clip, given, [BODY], now=utc_now())
    assert services.take_answer_clip(clip, given, [], now=utc_now()) == (item, acknowledgement)
    assert open_acknowledgement(acknowledgement, [give_vault_key()]).sha256 == hashlib.sha256(BODY).hexdigest()
    work()
    checked = open_vault().check(ItemId(item))
    assert checked is not None
    assert checked.manifest.segments[0].origin["manifest"]["camera"] == clip.camera
    supervisor = colleague(stage, Role.SUPERVISOR)
    case = services.open_case(Doer(supervisor.person or ""), stage.agency.id, "1", "", now=utc_now())
    services.keep_case_until(supervisor, case, until + timedelta(days=900), "Charged", now=utc_now())
    services.add_to_case(supervisor, item, case, now=utc_now())
    row = models.Item.objects.get()
    assert (row.keep_until, row.keep_reason) == (until, "owner"), "no case goes past the owner's date"
    services.set_hold(supervisor, item, "Trial", None, now=utc_now())
    row.refresh_from_db()
    assert (row.keep_until, row.keep_reason) == (None, "hold")


def test_the_owner_is_told_of_a_hold_past_their_day_and_of_no_other(stage: Stage) -> None:
    home, until = stage.add_home(), utc_now() + timedelta(days=30)
    item, _ = services.take_answer_clip(signed(), ClipFor(stage.agency.id, "request-1", until), [BODY], now=utc_now())
    models.Item.objects.update(camera=home.camera.id)
    work()
    supervisor = colleague(stage, Role.SUPERVISOR)
    told = Notice.objects.filter(kind="clip.held")
    services.set_hold(supervisor, item, "Short", until - timedelta(days=1), now=utc_now())
    assert not told.exists()
    services.set_hold(supervisor, item, "Trial", None, now=utc_now())
    assert list(told.values_list("person", "object_id")) == [(home.owner.principal.person, item)]


def test_an_orders_clip_is_kept_by_its_case(stage: Stage) -> None:
    clip, until = signed(), utc_now() + timedelta(days=30)
    item, _ = services.take_order_clip(clip, ClipFor(stage.agency.id, "order-1", until), [BODY], now=utc_now())
    row = models.Item.objects.get(id=item)
    assert (row.kind, row.order, row.keep_reason) == ("order", "order-1", "order")


def test_what_the_edge_did_not_sign_is_not_taken(stage: Stage) -> None:
    clip, given = signed(), ClipFor(stage.agency.id, "request-1", utc_now() + timedelta(days=30))
    wrong = [
        (replace(clip, edge_key=Ed25519PrivateKey.generate().public_key().public_bytes_raw()), BODY),
        (replace(clip, camera=CameraId(new_id("camera"))), BODY),
        (replace(clip, edge=EdgeId(new_id("edge"))), BODY),
        (clip, bytes([BODY[0] ^ 1]) + BODY[1:]),
    ]
    for one, body in wrong:
        with pytest.raises(Untrusted):
            services.take_answer_clip(one, given, [body], now=utc_now())
    assert not models.Item.objects.exists()
