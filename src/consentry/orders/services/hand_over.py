"""Recordings that owners hand over: what this room keeps of them. The vault's room carries the bytes."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from consentry.cameras import queries as cameras
from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.clip import ClipManifest, open_clip
from consentry.kernel.clock import EPOCH
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Refused
from consentry.kernel.ids import AgencyId, HandOverId, ItemId, OrderId, ServingId, UploadId, new_id
from consentry.kernel.limits_residents import MAX_ANSWER_BYTES, MAX_HAND_OVERS
from consentry.orders import access, models
from consentry.orders.queries import hand_over_for, may_hand_over
from consentry.orders.services.note import Doer, note
from consentry.orders.types import HAND_OVER_LIVING, HandOverFor, NewHandOver

_KINDS = ("audio/", "image/", "video/")
_US = timedelta(microseconds=1)


def check_hand_over(principal: Principal, serving: str, new: NewHandOver, *, now: datetime) -> AgencyId:
    """May this recording be handed over? The agency that it goes to. The caller's transaction locks the serving.

    Raises: NotFound: not one's own. Conflict `order-over`; `clip-camera`, `clip-file`. Malformed: its kind or size.
    Refused `clip-window`: the clip shows more than the order asks for. LimitReached. Untrusted: not signed so.
    """
    row = access.access_serving(principal.person, serving, now=now, lock=True)
    if not may_hand_over(row, now=now):
        raise Conflict("this order asks for nothing any more", kind="order-over")
    if not 0 < new.size_bytes <= MAX_ANSWER_BYTES:
        raise Malformed(f"a file has 1 to {MAX_ANSWER_BYTES} bytes", kind="answer-size")
    if not new.media_type.startswith(_KINDS) or new.media_type == "image/svg+xml":
        raise Malformed("a video, a picture or a sound", kind="answer-type")
    living = row.hand_overs.filter(state__in=HAND_OVER_LIVING)
    if living.filter(sha256=new.sha256).exists():
        raise Conflict("you have handed this over already", kind="answer-twice")
    if living.count() >= MAX_HAND_OVERS:
        raise LimitReached(f"at most {MAX_HAND_OVERS} recordings", kind="answers-of-home")
    if new.signed:
        _require_window(row, _opened(row, new)[1])
    return AgencyId(row.line.order.agency)


def begin_hand_over(serving: str, new: NewHandOver, upload: UploadId, *, now: datetime) -> HandOverId:
    """Keep what is to come on the way `upload`; `check_hand_over` has let it pass in this transaction."""
    row = models.Serving.objects.select_related("line__order").get(id=serving)
    made = models.HandOver(
        id=new_id("hand_over"), serving=row, upload=upload, media_type=new.media_type, size_bytes=new.size_bytes,
        sha256=new.sha256, begun_at=now,
    )  # fmt: skip
    if new.signed:
        edge_key, manifest = _opened(row, new)
        made.edge, made.edge_key, made.signed = manifest.edge, edge_key, new.signed
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("you have handed this over already", kind="answer-twice") from error
    return HandOverId(made.id)


def access_hand_over(principal: Principal, hand_over: str, *, lock: bool = False) -> HandOverFor:
    """One's own hand-over as the vault takes it in; NotFound for anyone else's as for none."""
    return hand_over_for(access.access_hand_over(principal.person, hand_over, lock=lock))


def lock_hand_over(hand_over: HandOverId) -> HandOverFor:
    """Any hand-over, its row locked: for the worker. NotFound when there is none."""
    rows = models.HandOver.objects.select_for_update(of=("self",), no_key=True)
    row = rows.select_related("serving__line__order").filter(id=hand_over).first()
    if row is None:
        raise NotFound("no such recording")
    return hand_over_for(row)


def complete_hand_over(hand_over: HandOverId) -> None:
    """All was sent; checking and sealing follow."""
    _become(hand_over, "checking")


def receive_again(hand_over: HandOverId) -> None:
    """What arrived was not what was announced: its owner's page sends it again."""
    _become(hand_over, "receiving")


def stop_hand_over(hand_over: HandOverId) -> None:
    """Its owner stopped it before it was complete: nothing of it is kept."""
    _become(hand_over, "stopped")


def fail_hand_over(hand_over: HandOverId, why: str) -> None:
    """It will not get better by trying again; `why` is a code that its owner's page has words for."""
    _become(hand_over, "failed", why=why)


def seal_hand_over(hand_over: HandOverId, item: ItemId, *, now: datetime) -> OrderId:
    """The vault has it: what the order asked for is handed over."""
    row = _become(hand_over, "sent", item=item, sent_at=now)
    serving = row.serving
    serving.state, serving.said_at = "handed", now
    serving.save(update_fields=["state", "said_at"])
    note(serving.line.order, "handed", Doer(), now=now)
    return OrderId(serving.line.order_id)


def _become(hand_over: HandOverId, state: str, **changes: object) -> models.HandOver:
    row = models.HandOver.objects.select_related("serving__line__order").get(id=hand_over)
    for name, value in {"state": state, **changes}.items():
        setattr(row, name, value)
    row.save(update_fields=["state", *changes])
    tell(f"person:{row.serving.person_id}", "order.changed", ServingId(row.serving_id))
    return row


def _opened(row: models.Serving, new: NewHandOver) -> tuple[bytes, ClipManifest]:
    """The key of the camera's own edge, and what it signed for this file."""
    camera = cameras.get_camera(row.camera)
    if camera.edge is None:
        raise Conflict("this camera has no edge that could have signed", kind="clip-camera")
    edge = cameras.get_edge(camera.edge)
    said = open_clip(new.signed, edge.public_key)
    if (said.camera, said.edge) != (camera.id, edge.id):
        raise Conflict("this clip is of another camera", kind="clip-camera")
    if (said.sha256, said.size_bytes) != (new.sha256, new.size_bytes):
        raise Conflict("this is not the file that the signature is for", kind="clip-file")
    return edge.public_key, said


def _require_window(row: models.Serving, said: ClipManifest) -> None:
    """What was chosen lies inside the window; the cut may begin a little earlier, at the key frame before it."""
    start, end = row.line.window_start, row.line.window_end
    if start is None or end is None:
        raise Conflict("this order asks for no recording", kind="order-over")
    if said.asked[0] < (start - EPOCH) // _US or said.asked[1] > (end - EPOCH) // _US:
        raise Refused("this clip shows more than the order asks for", kind="clip-window")
