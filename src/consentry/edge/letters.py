"""Letters from the web, relayed by gateways: what tightens anybody may say, what loosens only the owner's key.

Formats: docs/spec/letters.md. Every letter gets one signed answer; a refusal names its kind and changes nothing.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from consentry.edge.addresses import keep_address, open_sealed_address
from consentry.edge.clock import EdgeClock
from consentry.edge.event_letter import take_event_key, take_share
from consentry.edge.key_files import EdgeKeys
from consentry.edge.key_letter import KeysHeld, read_key_letter
from consentry.edge.low_streams import LOW_MARK, keep_low_address
from consentry.edge.onvif.kept import AskedCamera, keep_place
from consentry.edge.pauses import note_pause
from consentry.edge.picture import SealedPicture, Which
from consentry.edge.policy_letter import read_policy_letter
from consentry.edge.store import CameraState, Store
from consentry.edge.view_memory import note_agreed
from consentry.edge.whom import Trusted
from consentry.kernel.canonical import canonical_json, from_b64, to_b64
from consentry.kernel.errors import Conflict, ConsentryError, LimitReached, Malformed, NotFound, Unavailable, Untrusted
from consentry.kernel.ids import CameraId, EdgeId, bytes_of_id
from consentry.kernel.limits import MAX_CLOCK_SKEW_MS
from consentry.kernel.mask import Mask, mask_sha256, parse_mask
from consentry.kernel.owner_record import open_owner_record
from consentry.kernel.terms import Terms, loosens, parse_terms, terms_sha256
from consentry.media.onvif.address import ONVIF_SCHEME

MAX_LETTER_BYTES = 65_536
MAX_CAMERAS = 64
PICTURE_ASK_AGE_MS = 300_000
_CONTEXT = b"consentry-edge-letter-v1\n"

# Letters are JSON objects; their values are whatever was sent until a handler has parsed them, hence `Any`.
Letter = Mapping[str, Any]
FindCameras = Callable[[bytes], Awaitable[bytes]]
AskCamera = Callable[[str], Awaitable[AskedCamera]]

# What a picture is asked for, beside the kind of record that the owner signs for it.
_PICTURES: Mapping[str, tuple[Which, str]] = {
    "last": (Which.LAST, "picture.last"),
    "shown": (Which.SHOWN, "picture.ask"),
    "whole": (Which.WHOLE, "picture.whole"),
}


class TakePicture(Protocol):
    """A picture of `camera`, sealed to `reply_point`."""

    def __call__(self, camera: CameraId, reply_point: bytes, which: Which) -> Awaitable[SealedPicture]: ...


async def _sees_no_network(_: object) -> NoReturn:
    raise Unavailable("this edge does not look around in its network", kind="no-network")


@dataclass(frozen=True)
class Desk:
    """What letters act on. `find_cameras(reply point)` returns a sealed list; `ask_camera(address)` asks an ONVIF
    camera for its stream.
    """

    edge: EdgeId
    store: Store
    keys: EdgeKeys
    trusted: Trusted
    clock: EdgeClock
    take_picture: TakePicture
    find_cameras: FindCameras = _sees_no_network
    ask_camera: AskCamera = _sees_no_network


def sign_letter(desk: Desk, fields: Mapping[str, Any]) -> dict[str, Any]:
    """`{"letter": {…}, "signature"}` from this edge, dated now."""
    letter = {**fields, "edge": desk.edge, "t": desk.clock.now_ms()}
    return {"letter": letter, "signature": to_b64(desk.keys.identity.sign(_CONTEXT + canonical_json(letter)))}


async def answer_letter(desk: Desk, letter_id: object, body: object) -> dict[str, Any]:
    """Do what the letter says, if it may, and return the signed answer."""
    try:
        if not isinstance(letter_id, str) or len(letter_id) > 100:
            raise Malformed("a letter has an id")
        return sign_letter(desk, {**await _handle(desk, body), "id": letter_id})
    except ConsentryError as error:
        known = letter_id if isinstance(letter_id, str) else ""
        return sign_letter(desk, {"type": "letter_refused", "kind": error.kind, "id": known[:100]})


async def _handle(desk: Desk, body: object) -> dict[str, Any]:
    if not isinstance(body, dict) or len(canonical_json(body)) > MAX_LETTER_BYTES:
        raise Malformed("a letter is a JSON object of at most 64 KiB")
    kind = body.get("type")
    slow = _SLOW.get(str(kind))
    if slow is not None:
        return await slow(desk, body)
    handler = _HANDLERS.get(str(kind))
    if handler is None:
        raise Malformed("a letter of an unknown type")
    return handler(desk, body)


def _take_terms(desk: Desk, body: Letter) -> dict[str, Any]:
    """A version must rise, so an old, looser one that the owner once signed does not come back."""
    camera, terms = _camera(body), parse_terms(body.get("terms", {}))
    state, mask = _known_or_new(desk, camera), _mask_in(body, terms)
    if terms.camera_id != camera:
        raise Untrusted("these terms are for another camera", kind="terms-camera")
    digest = terms_sha256(terms)
    if state.terms != terms:
        if terms.version <= state.last_version:
            raise Untrusted("these terms are older than what is held here", kind="terms-version")
        if loosens(state.terms, terms) or body.get("owner_signature"):
            record = open_owner_record(body.get("owner_signature") or "", desk.trusted().owner, kind="terms.loosen")
            if record["camera"] != camera or record["terms_sha256"] != digest:
                raise Untrusted("the owner signed other terms", kind="owner-signature")
            note_agreed(desk.store, terms)
    if state.terms != terms or (mask is not None and state.mask != mask):
        desk.store.put_terms(camera, terms, version=terms.version, mask=mask)
    return {"type": "terms_taken", "camera": camera, "version": terms.version, "terms_sha256": digest}


def _mask_in(body: Letter, terms: Terms) -> Mask | None:
    """The mask that came along. The terms bind it by its hash, and the owner signed those; no other is taken."""
    if body.get("mask") is None:
        return None
    mask = parse_mask(body["mask"])
    if mask_sha256(mask) != terms.view_attested.mask_sha256:
        raise Untrusted("the terms name another mask", kind="mask-other")
    return mask


def _withdraw(desk: Desk, body: Letter) -> dict[str, Any]:
    camera = _known(desk, _camera(body)).id
    desk.store.put_terms(camera, None, version=-1)
    return _state_of(camera, "withdrawn")


def _pause(desk: Desk, body: Letter) -> dict[str, Any]:
    camera = _known(desk, _camera(body))
    note_pause(desk.store, camera, body.get("until"), desk.clock.now_ms())
    return _state_of(camera.id, "paused")


def _resume(desk: Desk, body: Letter) -> dict[str, Any]:
    """The record must be newer than the pause and than any used before; clocks of phones may be off by a minute."""
    camera = _camera(body)
    state = _known(desk, camera)
    record = open_owner_record(body.get("owner_signature", ""), desk.trusted().owner, kind="camera.resume")
    said_ms = int(record["t"])
    if record["camera"] != camera:
        raise Untrusted("the owner resumed another camera", kind="owner-signature")
    if state.paused_at_ms is None and said_ms == state.last_resume_ms:
        return _state_of(camera, "resumed")  # the same letter once more: its answer was lost
    not_before_ms = (state.paused_at_ms or 0) - MAX_CLOCK_SKEW_MS
    _require_fresh(desk, said_ms, after_ms=max(not_before_ms, state.last_resume_ms))
    desk.store.put_resume(camera, said_ms)
    return _state_of(camera, "resumed")


async def _take_address(desk: Desk, body: Letter) -> dict[str, Any]:
    camera, box = _camera(body), from_b64(body.get("sealed_address", ""))
    state = _known_or_new(desk, camera)
    record = open_owner_record(body.get("owner_signature", ""), desk.trusted().owner, kind="camera.address")
    if record["camera"] != camera or record["box_sha256"] != hashlib.sha256(box).hexdigest():
        raise Untrusted("the owner signed another address", kind="owner-signature")
    url, digest = open_sealed_address(desk.keys, camera, box), str(record["box_sha256"])
    if int(record["t"]) == state.last_address_ms and desk.store.fact(f"address/{camera}") == digest:
        return _state_of(camera, "addressed")  # the same letter once more: its answer was lost
    _require_fresh(desk, int(record["t"]), after_ms=state.last_address_ms)
    if url.startswith(LOW_MARK):
        keep_low_address(desk.store, desk.keys, camera, url.removeprefix(LOW_MARK) or None)
        desk.store.put_address_time(camera, int(record["t"]))
        desk.store.put_fact(f"address/{camera}", digest)
        return _state_of(camera, "addressed")
    asked = await _ask_camera(desk, camera, url) if url.startswith(ONVIF_SCHEME) else None
    keep_address(desk.store, desk.keys, camera, asked.stream if asked else url, said_ms=int(record["t"]))
    keep_place(desk.store, desk.keys, camera, asked.place if asked else None)
    keep_low_address(desk.store, desk.keys, camera, asked.low if asked else None)
    desk.store.put_fact(f"address/{camera}", digest)
    return _state_of(camera, "addressed")


async def _ask_camera(desk: Desk, camera: CameraId, url: str) -> AskedCamera:
    """Why a camera does not answer is kept, so that its owner's test picture can say it."""
    try:
        asked = await desk.ask_camera(url)
    except ConsentryError as error:
        desk.store.put_fact(f"unasked/{camera}", error.kind)
        raise
    desk.store.put_fact(f"unasked/{camera}", None)
    return asked


async def _find_cameras(desk: Desk, body: Letter) -> dict[str, Any]:
    """Ask this home's network once, because its owner asked just now; the list is for the owner's eyes."""
    record = open_owner_record(body.get("owner_signature", ""), desk.trusted().owner, kind="cameras.find")
    if record["edge"] != desk.edge:
        raise Untrusted("the owner spoke of another edge", kind="owner-signature")
    _require_fresh(desk, int(record["t"]), after_ms=desk.clock.now_ms() - PICTURE_ASK_AGE_MS)
    return {"type": "found", "box": to_b64(await desk.find_cameras(from_b64(str(record["reply_key"]))))}


def _take_policy(desk: Desk, body: Letter) -> dict[str, Any]:
    sha256, usable_from_ms = read_policy_letter(body, desk.trusted())
    desk.store.put_policy(sha256, usable_from_ms)
    return {"type": "policy_taken", "policy_sha256": sha256, "usable_from": usable_from_ms}


def _take_keys(desk: Desk, body: Letter) -> dict[str, Any]:
    pins, taken = desk.store.pins(), desk.store.rotations()
    if pins is None:
        raise Conflict("this edge is not paired")
    rotation = read_key_letter(body, KeysHeld(pins, taken, desk.trusted(), desk.clock.now_ms()))
    if rotation not in taken:
        desk.store.put_rotations((*taken, rotation))
    return {"type": "keys_taken", "number": rotation.number, "role": str(rotation.role)}


def _take_share(desk: Desk, body: Letter) -> dict[str, Any]:
    return take_share(desk.store, body, desk.trusted().owner, desk.clock.now_ms())


def _take_event_key(desk: Desk, body: Letter) -> dict[str, Any]:
    return take_event_key(desk.store, desk.edge, body, desk.trusted().owner, desk.clock.now_ms())


async def _take_picture(desk: Desk, body: Letter) -> dict[str, Any]:
    """For its owner's eyes: sealed to the key that the owner signed."""
    camera = _camera(body)
    fault = desk.store.fact(f"unasked/{camera}")
    if fault is not None:
        raise Unavailable("this camera did not answer when its address came", kind=fault)
    _known(desk, camera)
    asked = _PICTURES.get(str(body.get("which", "shown")))
    if asked is None:
        raise Malformed("a picture as it is shown, the whole of it, or the last one")
    which, kind = asked
    record = open_owner_record(body.get("owner_signature", ""), desk.trusted().owner, kind=kind)
    if record["camera"] != camera:
        raise Untrusted("the owner asked for another camera", kind="owner-signature")
    _require_fresh(desk, int(record["t"]), after_ms=desk.clock.now_ms() - PICTURE_ASK_AGE_MS)
    taken = await desk.take_picture(camera, from_b64(str(record["reply_key"])), which)
    return {"type": "picture", "camera": camera, "box": to_b64(taken.box), "taken_at": taken.taken_ms}


def _require_fresh(desk: Desk, said_ms: int, *, after_ms: int) -> None:
    if not after_ms < said_ms <= desk.clock.now_ms() + MAX_CLOCK_SKEW_MS:
        raise Untrusted("this record of the owner is too old, used, or from the future", kind="owner-record-time")


def _camera(body: Letter) -> CameraId:
    camera = body.get("camera")
    if not isinstance(camera, str) or not camera.startswith("cam_"):
        raise Malformed("a letter names its camera")
    try:
        bytes_of_id(camera)
    except ValueError as error:
        raise Malformed("a letter names its camera") from error
    return CameraId(camera)


def _known(desk: Desk, camera: CameraId) -> CameraState:
    state = desk.store.camera(camera)
    if state is None:
        raise NotFound("not a camera of this edge", kind="unknown-camera")
    return state


def _known_or_new(desk: Desk, camera: CameraId) -> CameraState:
    state = desk.store.camera(camera)
    if state is None and len(desk.store.cameras()) >= MAX_CAMERAS:
        raise LimitReached("an edge holds at most 64 cameras")
    return state or CameraState(camera)


def _state_of(camera: CameraId, state: str) -> dict[str, Any]:
    return {"type": "camera_state", "camera": camera, "state": state}


_SLOW: Mapping[str, Callable[[Desk, Letter], Awaitable[dict[str, Any]]]] = {
    "camera": _take_address,
    "find": _find_cameras,
    "picture": _take_picture,
}
_HANDLERS: Mapping[str, Callable[[Desk, Letter], dict[str, Any]]] = {
    "events": _take_event_key,
    "share": _take_share,
    "unshare": _take_share,
    "keys": _take_keys,
    "pause": _pause,
    "policy": _take_policy,
    "resume": _resume,
    "terms": _take_terms,
    "withdraw": _withdraw,
}
