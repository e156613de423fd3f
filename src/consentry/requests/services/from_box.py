"""An answer that the box at home sends by itself. Who speaks is the edge that signed the clip; nobody is signed in.

docs/spec/clip-send.md. The edge's key is in the answer's sealed identity, so that no row tells whose box sends what.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from consentry.cameras import queries as cameras
from consentry.core.outbox import tell
from consentry.evidence import services as evidence
from consentry.kernel.box_auth import BoxRequest, parse_box_header, verify_box_claim
from consentry.kernel.clip import open_clip
from consentry.kernel.clock import to_ms
from consentry.kernel.errors import ConsentryError, Malformed, NotFound, Untrusted
from consentry.kernel.ids import AnswerId
from consentry.kernel.limits_residents import BOX_PART_BYTES
from consentry.kernel.owner_record import open_owner_record
from consentry.requests import models
from consentry.requests.identity import Identity, open_identity
from consentry.requests.services.answer import append_part, complete
from consentry.requests.types import BOX_FAULTS


@dataclass(frozen=True)
class BoxSaid:
    """A request as it came: the Authorization header, and what it must have signed."""

    header: str = field(repr=False)
    request: BoxRequest


@dataclass(frozen=True)
class BoxAnswer:
    """How an answer stands for the box that sends it. Withdrawn is said, so that the box stops."""

    state: str
    offset: int


@transaction.atomic
def read_for_box(said: BoxSaid, answer: str, *, now: datetime) -> BoxAnswer:
    """How it stands. NotFound for another box's answer as for none. Untrusted `box-time`."""
    return _told(_access(said, answer, now)[0])


@transaction.atomic
def take_box_part(said: BoxSaid, answer: str, offset: int, *, now: datetime) -> BoxAnswer:
    """The next bytes, the body of the request. Raises as `answer.take_part`, and NotFound, Untrusted, Malformed."""
    row, _ = _access(said, answer, now)
    if not 0 < len(said.request.body) <= BOX_PART_BYTES or offset < 0:
        raise Malformed(f"a part is 1 to {BOX_PART_BYTES} bytes at an offset")
    append_part(row, offset, [said.request.body])
    if not row.by_box:
        row.by_box = True
        row.save(update_fields=["by_box"])
    return _told(row)


@transaction.atomic
def finish_from_box(said: BoxSaid, answer: str, owner_signature: str, *, now: datetime) -> BoxAnswer:
    """All was sent, and this is the owner's word for it: for this request, agency, answer and clip.

    Raises as `answer.finish_answer`; Untrusted `owner-signature`: the owner said something else.
    """
    row, identity = _access(said, answer, now)
    _require_word(row, identity, owner_signature)
    complete(row, identity.person, row.sha256)
    return _told(row)


@transaction.atomic
def fail_from_box(said: BoxSaid, answer: str, why: str, *, now: datetime) -> BoxAnswer:
    """The box cannot or may not send it: what came is thrown away, and the owner reads why. Twice is once."""
    row, identity = _access(said, answer, now)
    if why not in BOX_FAULTS:
        raise Malformed("not a reason of a box")
    if row.state == "receiving":
        evidence.drop_answer(bytes(row.owner_tag).hex(), row.upload)
        row.state, row.why, row.gone_at = "failed", why, now
        row.save(update_fields=["state", "why", "gone_at"])
        tell(f"person:{identity.person}", "request.changed", row.request_id)
    return _told(row)


def _access(said: BoxSaid, answer: str, now: datetime) -> tuple[models.Answer, Identity]:
    """The answer, locked, if the box that signed its clip signed this request and is still paired."""
    claim, missing = parse_box_header(said.header), NotFound("no such answer")
    rows = models.Answer.objects.select_for_update(of=("self",)).select_related("request")
    row = rows.filter(id=answer, kind="clip").first()
    if row is None:
        raise missing
    identity = open_identity(AnswerId(row.id), bytes(row.identity))
    try:
        if claim.edge != identity.edge or cameras.get_edge(claim.edge).public_key != identity.edge_key:
            raise missing
        verify_box_claim(claim, identity.edge_key, said.request, now_ms=to_ms(now))
    except Untrusted as error:
        raise (error if error.kind == "box-time" else missing) from error
    return row, identity


def _require_word(row: models.Answer, identity: Identity, signed: str) -> None:
    camera = cameras.get_camera(identity.camera)
    clip = open_clip(identity.signed, identity.edge_key)
    wanted = (row.request.agency, row.id, identity.camera, clip.clip, identity.edge, row.request_id, row.sha256)
    for key in cameras.key_for_camera(camera):
        try:
            record = open_owner_record(signed, key, kind="clip.send")
        except ConsentryError:
            continue
        names = ("agency", "answer", "camera", "clip", "edge", "request", "sha256")
        if tuple(record[name] for name in names) == wanted:
            return
    raise Untrusted("the owner did not say that this clip goes to this agency", kind="owner-signature")


def _told(row: models.Answer) -> BoxAnswer:
    tag = bytes(row.owner_tag).hex()
    return BoxAnswer(row.state, evidence.find_answer(tag, row.upload).offset if row.state == "receiving" else 0)
