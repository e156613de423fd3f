"""Letters to edges wait here until the edge has answered; those from edges are believed by the edge's own signature."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction

from consentry.cameras.events import CameraNoticed, StoppedAtEdge, TermsTaken
from consentry.cameras.models import Camera as CameraRow
from consentry.cameras.models import Edge as EdgeRow
from consentry.cameras.models import Letter as LetterRow
from consentry.cameras.models import PairingCode
from consentry.cameras.queries import readers_of
from consentry.cameras.services.kept_events import drop_kept, fail_found, keep_event, keep_event_picture, keep_found
from consentry.cameras.services.kept_pictures import drop_pictures, fail_picture, keep_picture
from consentry.cameras.services.own import find_edge
from consentry.core.announcements import announce
from consentry.core.outbox import tell
from consentry.kernel.canonical import canonical_json, from_b64
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import LimitReached, Malformed, NotFound, Untrusted
from consentry.kernel.ids import CameraId, EdgeId, PersonId
from consentry.notices.services import notify

MAX_LETTER_BYTES = 65_536
MAX_WAITING = 500
FRESH_MS = 600_000
MAX_TIME_MS = 4_102_444_800_000  # the year 2100
MAX_ROTATION = 2**31
KEEP_ANSWERED = timedelta(days=7)
EDGE_CONTEXT = b"consentry-edge-letter-v1\n"
# A letter that makes older ones of the same camera pointless. Terms stay in order: a later, tighter version may rest
# on an earlier one that the owner signed.
_SUPERSEDES = {
    "camera": ("camera",),
    "find": ("find",),
    "pause": ("pause", "resume"),
    "picture": ("picture",),
    "resume": ("pause", "resume"),
    "withdraw": ("terms", "withdraw"),
}
_NEVER_REFUSED = ("pause", "withdraw")


class _Said(NamedTuple):
    """A letter from an edge, verified: its fields, the letter of ours that it answers, the edge, the time here."""

    fields: Mapping[str, Any]
    answered: LetterRow | None
    edge: EdgeRow
    now: datetime

    def own_cameras(self, named: object) -> list[CameraId]:
        """Those of `named` that are cameras of this edge; Malformed unless it is a short list of texts."""
        if not isinstance(named, list) or len(named) > MAX_WAITING or not all(isinstance(item, str) for item in named):
            raise Malformed("not a list of cameras")
        rows = CameraRow.objects.filter(edge=self.edge, removed_at=None, id__in=named)
        return [CameraId(camera) for camera in rows.order_by("id").values_list("id", flat=True)]


@transaction.atomic
def send_letter(edge: str, body: Mapping[str, Any], *, now: datetime) -> str:
    """Send a letter of a higher room (for example `policy`) to an edge; its id. NotFound for an edge not paired."""
    if not EdgeRow.objects.filter(id=edge, removed_at=None).exists():
        raise NotFound("no such edge")
    return post_letter(edge, body, now=now)


def post_letter(edge: str, body: Mapping[str, Any], *, now: datetime, expires_at: datetime | None = None) -> str:
    """Put a letter in the queue, in the caller's transaction; gateways hear of it on commit. Its id.

    Raises LimitReached when 500 wait for this edge (never for a pause or a withdrawal), Malformed above 64 KiB.
    """
    kind, camera, text = str(body["type"]), str(body.get("camera", "")), json.dumps(body, separators=(",", ":"))
    if len(text.encode()) > MAX_LETTER_BYTES:
        raise Malformed("a letter has at most 64 KiB")
    waiting = LetterRow.objects.filter(edge=edge, delivered_at=None)
    waiting.filter(camera=camera, kind__in=_SUPERSEDES.get(kind, ())).delete()
    if kind not in _NEVER_REFUSED and waiting.count() >= MAX_WAITING:
        raise LimitReached("this edge has not taken its letters for long; is it connected?", kind="letters-waiting")
    row = LetterRow.objects.create(
        edge_id=edge, camera=camera, kind=kind, body=text, written_at=now, expires_at=expires_at
    )
    tell("gateway:*", "letter.waiting", str(row.pk))
    return str(row.pk)


@transaction.atomic
def take_letters(edge: str, body: Mapping[str, Any], *, now: datetime) -> None:
    """Take one letter `{letter, signature}` that `edge` sent through a gateway. A second time it changes nothing.

    Raises NotFound for an unknown edge, Malformed for another shape, Untrusted unless this edge signed it.
    """
    row = find_edge(edge)
    if row is None:
        raise NotFound("no such edge")
    fields = _verified(row, body)
    answered = _answered(row, fields.get("id"))
    if answered is None and abs(to_ms(now) - _time(fields)) > FRESH_MS:
        raise Untrusted("this letter is too old or from the future", kind="edge-letter-time")
    handler = _HANDLERS.get(str(fields.get("type")))
    if handler is None:
        raise Malformed("a letter of an unknown type")
    handler(_Said(fields, answered, row, now))
    EdgeRow.objects.filter(id=row.id).update(seen_at=now)


@transaction.atomic
def purge(now: datetime) -> None:
    """Forget what has served its time: pictures, events, letters answered or expired, codes of yesterday."""
    drop_pictures(now)
    drop_kept(now)
    LetterRow.objects.filter(expires_at__lte=now).delete()
    LetterRow.objects.filter(delivered_at__lt=now - KEEP_ANSWERED).delete()
    PairingCode.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()


def _verified(edge: EdgeRow, body: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(body, Mapping) or set(body) != {"letter", "signature"} or not isinstance(body["letter"], dict):
        raise Malformed("a letter from an edge is {letter, signature}")
    fields, signature = body["letter"], from_b64(body["signature"], length=64)
    message = canonical_json(fields)
    if len(message) > MAX_LETTER_BYTES or fields.get("edge") != edge.id:
        raise Malformed("a letter names its edge and has at most 64 KiB")
    try:
        Ed25519PublicKey.from_public_bytes(bytes(edge.public_key)).verify(signature, EDGE_CONTEXT + message)
    except InvalidSignature as error:
        raise Untrusted("this letter is not signed by its edge", kind="edge-signature") from error
    return fields


def _answered(edge: EdgeRow, letter: object) -> LetterRow | None:
    if not isinstance(letter, str) or not letter.isdecimal() or len(letter) > 18:
        return None
    return LetterRow.objects.select_for_update().filter(id=int(letter), edge=edge).first()


def _time(fields: Mapping[str, Any]) -> int:
    said = fields.get("t")
    if not isinstance(said, int) or isinstance(said, bool):
        raise Malformed("a letter has a time")
    return said


def _close(said: _Said, *, refused: str = "") -> bool:
    """Mark the answered letter as delivered; False when it was already, so that nothing happens twice."""
    if said.answered is None or said.answered.delivered_at is not None:
        return False
    said.answered.delivered_at, said.answered.refused = said.now, refused
    said.answered.save(update_fields=["delivered_at", "refused"])
    return True


def _terms_taken(said: _Said) -> None:
    version, digest = said.fields.get("version"), said.fields.get("terms_sha256")
    if not isinstance(version, int) or not isinstance(digest, str):
        raise Malformed("terms_taken has a version and a hash")
    if _close(said):
        for camera in said.own_cameras([said.fields.get("camera")]):
            announce(TermsTaken(camera, version, digest[:64]))
            tell(f"person:{said.edge.owner_id}", "camera.changed", camera)


def _camera_state(said: _Said) -> None:
    if _close(said):
        for camera in said.own_cameras([said.fields.get("camera")]):
            tell(f"person:{said.edge.owner_id}", "camera.changed", camera)


def _picture(said: _Said) -> None:
    camera = said.fields.get("camera")
    if _close(said) and said.answered is not None and said.answered.camera == camera:
        keep_picture(
            said.answered.camera, str(said.fields.get("box", "")), taken_ms=_taken_ms(said.fields), now=said.now
        )
        tell(f"person:{said.edge.owner_id}", "camera.picture", said.answered.camera)


def _taken_ms(fields: Mapping[str, Any]) -> int | None:
    """When the camera took the picture, as its edge says; None for an older edge, which does not."""
    taken = fields.get("taken_at")
    if taken is not None and (not isinstance(taken, int) or isinstance(taken, bool) or not 0 <= taken < MAX_TIME_MS):
        raise Malformed("a picture has a time")
    return taken


def _refused(said: _Said) -> None:
    kind = str(said.fields.get("kind", "refused"))[:100]
    if not _close(said, refused=kind) or said.answered is None:
        return
    if said.answered.kind == "find":
        fail_found(said.edge.id, kind, now=said.now)
        tell(f"person:{said.edge.owner_id}", "edge.found", said.edge.id)
    if not said.answered.camera:
        return
    camera = CameraId(said.answered.camera)
    if said.answered.kind == "picture":
        fail_picture(camera, kind, now=said.now)
        tell(f"person:{said.edge.owner_id}", "camera.picture", camera)
    elif said.answered.kind == "terms":
        terms = json.loads(said.answered.body)["terms"]
        announce(TermsTaken(camera, int(terms["version"]), "", refused=kind))
    tell(f"person:{said.edge.owner_id}", "camera.changed", camera)


def _stopped(said: _Said) -> None:
    cameras = said.own_cameras(said.fields.get("cameras"))
    announce(StoppedAtEdge(EdgeId(said.edge.id), tuple(cameras)))
    for camera in cameras:
        tell(f"person:{said.edge.owner_id}", "camera.changed", camera)


def _resumed(said: _Said) -> None:
    for camera in said.own_cameras(said.fields.get("cameras")):
        tell(f"person:{said.edge.owner_id}", "camera.changed", camera)


def _event(said: _Said) -> None:
    """Something happened before a camera of this edge; what, only its owner can read. It may come twice."""
    for camera in said.own_cameras([said.fields.get("camera")]):
        if keep_event(camera, said.fields.get("event"), said.fields.get("boxes"), now=said.now):
            announce(CameraNoticed(camera, PersonId(said.edge.owner_id)))
            for reader in readers_of(camera, PersonId(said.edge.owner_id)):
                notify(reader, "camera.event", camera)


def _event_picture(said: _Said) -> None:
    """What that camera saw then; the letter of the event came before it over the same line."""
    for camera in said.own_cameras([said.fields.get("camera")]):
        if keep_event_picture(camera, said.fields.get("event"), said.fields.get("sealed")):
            for reader in readers_of(camera, PersonId(said.edge.owner_id)):
                tell(f"person:{reader}", "camera.event", camera)


def _found(said: _Said) -> None:
    if _close(said) and said.answered is not None and said.answered.kind == "find":
        keep_found(said.edge.id, str(said.fields.get("box", "")), now=said.now)
        tell(f"person:{said.edge.owner_id}", "edge.found", said.edge.id)


def _policy_taken(said: _Said) -> None:
    _close(said)


def _keys_taken(said: _Said) -> None:
    """The edge says which rotation it knows now; believed for what to send next, and for nothing else."""
    number = said.fields.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < MAX_ROTATION:
        raise Malformed("keys_taken has the number of a rotation")
    if _close(said) and said.answered is not None and said.answered.kind == "keys":
        EdgeRow.objects.filter(id=said.edge.id, rotation__lt=number).update(rotation=number)


_HANDLERS: Mapping[str, Callable[[_Said], None]] = {
    "camera_state": _camera_state,
    "event": _event,
    "event_picture": _event_picture,
    "events_taken": _policy_taken,
    "found": _found,
    "keys_taken": _keys_taken,
    "letter_refused": _refused,
    "picture": _picture,
    "policy_taken": _policy_taken,
    "resumed": _resumed,
    "share_taken": _policy_taken,
    "stopped": _stopped,
    "terms_taken": _terms_taken,
}
