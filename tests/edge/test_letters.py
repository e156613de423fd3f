"""Letters: anybody may tighten, only the owner's key loosens, nothing old comes back, every answer is signed."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.edge.world import NOW_MS, POLICY, World

from consentry.edge.addresses import address_of
from consentry.edge.clock import EdgeClock
from consentry.edge.key_files import load_keys
from consentry.edge.letters import Desk, answer_letter
from consentry.edge.low_streams import LOW_MARK, low_address_of
from consentry.edge.picture import SealedPicture, Which
from consentry.edge.store import Store
from consentry.edge.whom import TrustNow
from consentry.kernel.canonical import canonical_json, from_b64, to_b64
from consentry.kernel.ids import CameraId
from consentry.kernel.owner_record import owner_record, public_point, sign_as_device
from consentry.kernel.sealed_box import address_context, seal
from consentry.kernel.terms import Approval, Terms, terms_record, terms_sha256

HOUR_MS = 3_600_000


class Office:
    """A desk with an owner beside it."""

    def __init__(self, folder: Path) -> None:
        self.world, self.store = World(), Store(folder)
        self.keys = load_keys(folder)
        self.store.pin(self.world.pins(), (POLICY,))
        clock = EdgeClock(lambda: self.world.now_ms, lambda: 0)
        self.desk = Desk(
            self.world.edge,
            self.store,
            self.keys,
            TrustNow(self.world.pins(), self.store, clock),
            clock,
            self.take_picture,
        )
        self.store.put_address(self.world.camera, b"")

    async def take_picture(self, camera: CameraId, reply_point: bytes, which: Which) -> SealedPicture:
        return SealedPicture(b"box for " + reply_point[:4], NOW_MS)

    def post(self, body: object) -> dict[str, Any]:
        answer = asyncio.run(answer_letter(self.desk, "7", body))
        letter: dict[str, Any] = answer["letter"]
        message = b"consentry-edge-letter-v1\n" + canonical_json(letter)
        self.keys.identity.public_key().verify(from_b64(answer["signature"]), message)
        assert (letter["edge"], letter["id"]) == (self.world.edge, "7")
        return letter

    def said(self, kind: str, *, t_ms: int | None = None, **fields: str | int) -> str:
        record = owner_record(kind, t_ms=self.world.now_ms if t_ms is None else t_ms, **fields)
        return sign_as_device(record, self.world.owner)

    def terms_letter(self, terms: Terms, *, signed: bool) -> dict[str, Any]:
        digest = terms_sha256(terms)
        signature = self.said("terms.loosen", camera=self.world.camera, terms_sha256=digest) if signed else ""
        record = terms_record(terms)
        return {"type": "terms", "camera": self.world.camera, "terms": record, "owner_signature": signature}

    def held(self) -> Terms | None:
        state = self.store.camera(self.world.camera)
        assert state is not None
        return state.terms


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_first_terms_need_the_owners_signature(office: Office) -> None:
    terms = office.world.terms()
    assert office.post(office.terms_letter(terms, signed=False))["kind"] == "malformed"
    assert office.held() is None
    taken = office.post(office.terms_letter(terms, signed=True))
    assert (taken["type"], taken["terms_sha256"]) == ("terms_taken", terms_sha256(terms))
    assert office.held() == terms


def test_a_server_may_tighten_but_not_loosen(office: Office) -> None:
    office.post(office.terms_letter(office.world.terms(), signed=True))
    tighter = office.world.terms(max_distance_m=200, approval=Approval.ASK_ME, version=2)
    assert office.post(office.terms_letter(tighter, signed=False))["type"] == "terms_taken"
    looser = office.world.terms(max_distance_m=300, approval=Approval.ASK_ME, version=3)
    assert office.post(office.terms_letter(looser, signed=False))["type"] == "letter_refused"
    assert office.held() == tighter


def test_a_signature_for_other_terms_or_of_another_key_loosens_nothing(office: Office) -> None:
    terms, other = office.world.terms(), office.world.terms(max_distance_m=800)
    letter = office.terms_letter(terms, signed=True)
    assert office.post({**letter, "terms": terms_record(other)})["kind"] == "owner-signature"
    office.world.owner = ec.generate_private_key(ec.SECP256R1())
    assert office.post(office.terms_letter(terms, signed=True))["kind"] == "holder-signature"
    assert office.held() is None


def test_old_loose_terms_do_not_come_back_even_after_withdrawal(office: Office) -> None:
    first = office.terms_letter(office.world.terms(), signed=True)
    office.post(first)
    office.post(office.terms_letter(office.world.terms(max_distance_m=100, version=2), signed=False))
    assert office.post(first)["kind"] == "terms-version"
    assert office.post({"type": "withdraw", "camera": office.world.camera})["state"] == "withdrawn"
    assert office.post(first)["kind"] == "terms-version"
    assert office.held() is None


def test_the_same_letter_twice_gets_the_same_answer(office: Office) -> None:
    letter = office.terms_letter(office.world.terms(), signed=True)
    assert office.post(letter)["version"] == office.post(letter)["version"] == 1


def test_terms_for_another_camera_are_refused(office: Office) -> None:
    other = CameraId("cam_" + "a" * 26)
    letter = office.terms_letter(office.world.terms(), signed=True)
    assert office.post({**letter, "camera": other})["kind"] == "terms-camera"


def test_anybody_may_pause_and_only_the_owner_resumes_once(office: Office) -> None:
    camera = office.world.camera
    assert office.post({"type": "pause", "camera": camera})["state"] == "paused"
    unsigned = {"type": "resume", "camera": camera, "owner_signature": ""}
    assert office.post(unsigned)["type"] == "letter_refused"
    resume = {**unsigned, "owner_signature": office.said("camera.resume", camera=camera)}
    assert office.post(resume)["state"] == "resumed"
    assert office.post(resume)["state"] == "resumed"
    office.post({"type": "pause", "camera": camera})
    assert office.post(resume)["kind"] == "owner-record-time"
    state = office.store.camera(camera)
    assert state is not None
    assert state.paused_at_ms == NOW_MS


def test_a_pause_with_an_end_ends_by_this_clock_and_no_server_makes_it_shorter(office: Office) -> None:
    camera, store, now_ms = office.world.camera, office.store, office.world.now_ms
    hour = {"type": "pause", "camera": camera, "until": now_ms + HOUR_MS}
    assert office.post(hour)["state"] == "paused"
    office.post({**hour, "until": now_ms + 1_000})
    assert store.pause_ends() == {camera: now_ms + HOUR_MS}, "the longer one counts"
    store.end_pause(camera, now_ms=now_ms + HOUR_MS - 1)
    assert _paused(office)
    store.end_pause(camera, now_ms=now_ms + HOUR_MS)
    assert not _paused(office)
    office.world.now_ms += HOUR_MS
    assert office.post(hour)["state"] == "paused", "the same letter once more gets the same answer"
    assert not _paused(office), "and changes nothing"
    office.post({"type": "pause", "camera": camera})
    office.post({**hour, "until": office.world.now_ms + HOUR_MS})
    assert store.pause_ends() == {}
    store.end_pause(camera, now_ms=office.world.now_ms + 10 * HOUR_MS)
    assert _paused(office), "what the owner did not limit, only the owner ends"
    office.post({**hour, "until": "soon"})
    assert _paused(office)


def _paused(office: Office) -> bool:
    state = office.store.camera(office.world.camera)
    return state is not None and state.paused_at_ms is not None


@pytest.mark.parametrize("shift_ms", [-61_000, 61_000])
def test_a_resume_from_before_the_pause_or_from_the_future_is_refused(office: Office, shift_ms: int) -> None:
    camera = office.world.camera
    office.post({"type": "pause", "camera": camera})
    said = office.said("camera.resume", t_ms=NOW_MS + shift_ms, camera=camera)
    assert office.post({"type": "resume", "camera": camera, "owner_signature": said})["kind"] == "owner-record-time"


def address_letter(office: Office, url: str, *, t_ms: int = NOW_MS, context: str = "") -> dict[str, str]:
    camera = office.world.camera
    box = seal(office.keys.box_point(), url.encode(), context=context or address_context(camera))
    said = office.said("camera.address", t_ms=t_ms, camera=camera, box_sha256=hashlib.sha256(box).hexdigest())
    return {"type": "camera", "camera": camera, "sealed_address": to_b64(box), "owner_signature": said}


def test_an_address_sealed_by_the_owner_is_kept_encrypted(office: Office, tmp_path: Path) -> None:
    url = "rtsp://user:secret-word@10.0.0.7/main"
    letter = address_letter(office, url)
    assert office.post(letter)["state"] == "addressed"
    assert office.post(letter)["state"] == "addressed"
    assert address_of(office.store, office.keys, office.world.camera) == url
    assert b"secret-word" not in (tmp_path / "edge.sqlite").read_bytes()


def test_a_server_cannot_point_a_camera_elsewhere(office: Office) -> None:
    office.post(address_letter(office, "rtsp://10.0.0.7/main"))
    letter, other = address_letter(office, "rtsp://10.0.0.7/a"), address_letter(office, "rtsp://10.0.0.8/bedroom")
    swapped = {**letter, "sealed_address": other["sealed_address"]}
    assert office.post(swapped)["kind"] == "owner-signature"
    replayed = address_letter(office, "rtsp://10.0.0.9/old", t_ms=NOW_MS - 1)
    assert office.post(replayed)["kind"] == "owner-record-time"
    strange = address_letter(office, "rtsp://10.0.0.9/x", t_ms=NOW_MS + 1, context="picture")
    assert office.post(strange)["kind"] == "sealed-box"
    assert address_of(office.store, office.keys, office.world.camera) == "rtsp://10.0.0.7/main"


def test_a_smaller_stream_is_given_and_taken_away_sealed_and_leaves_the_large_one(
    office: Office, tmp_path: Path
) -> None:
    camera, large, small = office.world.camera, "rtsp://10.0.0.7/main", "rtsp://user:secret-word@10.0.0.7/sub"
    office.post(address_letter(office, large))
    given = address_letter(office, LOW_MARK + small, t_ms=NOW_MS + 1)
    assert office.post(given)["state"] == "addressed"
    assert office.post(given)["state"] == "addressed"
    assert low_address_of(office.store, office.keys, camera) == small
    assert b"secret-word" not in (tmp_path / "edge.sqlite").read_bytes()
    for number, bad in enumerate(
        ("gopher://10.0.0.7/sub", "srt://0.0.0.0:9000?mode=listener", "rtsp://x/" + "a" * 1_000)
    ):
        refused = address_letter(office, LOW_MARK + bad, t_ms=NOW_MS + 2 + number)
        assert office.post(refused)["type"] == "letter_refused"
    assert low_address_of(office.store, office.keys, camera) == small
    assert office.post(address_letter(office, LOW_MARK, t_ms=NOW_MS + 9))["state"] == "addressed"
    assert low_address_of(office.store, office.keys, camera) is None
    assert office.post(given)["kind"] == "owner-record-time", "what was taken away comes back by no old letter"
    assert office.post(address_letter(office, large, t_ms=NOW_MS + 8))["kind"] == "owner-record-time"
    assert address_of(office.store, office.keys, camera) == large


def test_a_picture_is_sealed_to_the_key_that_the_owner_signed(office: Office) -> None:
    camera, reply = office.world.camera, public_point(ec.generate_private_key(ec.SECP256R1()))
    ask = office.said("picture.ask", camera=camera, reply_key=to_b64(reply))
    answer = office.post({"type": "picture", "camera": camera, "owner_signature": ask})
    assert from_b64(answer["box"]) == b"box for " + reply[:4]
    assert office.post({"type": "picture", "camera": camera})["type"] == "letter_refused"
    old = office.said("picture.ask", t_ms=NOW_MS - 300_001, camera=camera, reply_key=to_b64(reply))
    late = office.post({"type": "picture", "camera": camera, "owner_signature": old})
    assert late["kind"] == "owner-record-time"


def policy_letter(office: Office, *, witnesses: int = 2, kind: str = "policy.change") -> dict[str, Any]:
    log = office.world.log
    fields = {"v": 1, "kind": kind, "t": NOW_MS, "policy_sha256": "ef" * 32, "effective_at": NOW_MS, "emergency": 0}
    entry = canonical_json(fields)
    index = log.append(entry)
    size = len(log.entries)
    return {
        "type": "policy", "entry": to_b64(entry), "index": index, "proof": [to_b64(h) for h in log.prove(index, size)],
        "checkpoint": log.note(size, witnesses=witnesses, time_ms=NOW_MS - 71 * HOUR_MS),
    }  # fmt: skip


def test_a_policy_counts_72_hours_after_witnesses_saw_it_in_the_log(office: Office) -> None:
    answer = office.post(policy_letter(office))
    assert answer["usable_from"] == NOW_MS + HOUR_MS
    assert office.store.policies() == {POLICY: 0, "ef" * 32: NOW_MS + HOUR_MS}


def test_a_policy_without_quorum_proof_or_of_another_kind_is_refused(office: Office) -> None:
    assert office.post(policy_letter(office, witnesses=1))["kind"] == "witness-quorum"
    assert office.post(policy_letter(office, kind="look.commit"))["kind"] == "malformed"
    letter = policy_letter(office)
    assert office.post({**letter, "index": letter["index"] - 1})["kind"] == "log-proof"
    assert office.store.policies() == {POLICY: 0}


@pytest.mark.parametrize("body", [
    None, [], "text", {}, {"type": "open-sesame"}, {"type": "pause"}, {"type": "pause", "camera": "cam_x"},
    {"type": "terms", "camera": "cam_" + "a" * 26, "terms": []}, {"type": "pause", "camera": 7},
    {"type": "withdraw", "camera": "x" * 70_000}, {"type": "policy", "entry": 7}, {"type": "resume", "t": 1.5},
])  # fmt: skip
def test_a_letter_that_makes_no_sense_is_refused_with_an_answer(office: Office, body: object) -> None:
    assert office.post(body)["type"] == "letter_refused"
