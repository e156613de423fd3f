"""What an owner hands over under an order: on the way that residents' answers take, sealed with the basis `order`.

Whose serving it is, and whether it may be handed over, is for `orders` to say; the bytes, the scanner and the vault are
here. The serving's id stands for its owner on the way, so that no row of this room names a person.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction

from consentry.cameras import queries as cameras
from consentry.core.principal import Principal
from consentry.evidence.queries import upload_offset
from consentry.evidence.services import answers
from consentry.evidence.services.clips import ClipFor, SignedClip
from consentry.evidence.services.under_order import join_handed
from consentry.evidence.services.uploads import NewUpload
from consentry.kernel.errors import Conflict, ConsentryError
from consentry.kernel.ids import CameraId, EdgeId, HandOverId
from consentry.orders import queries as order_reads
from consentry.orders import services as orders
from consentry.orders.types import HandOverFor, NewHandOver

logger = logging.getLogger(__name__)
# What an order fetched is kept so long for its own sake; its case may keep it longer.
ORDERED_DAYS = 180
Step = Callable[[HandOverFor, datetime], bool]


@transaction.atomic
def begin_handed(principal: Principal, serving: str, new: NewHandOver, *, now: datetime) -> HandOverFor:
    """A place for the file. Raises as `orders.check_hand_over`; LimitReached: too many on their way."""
    agency = orders.check_hand_over(principal, serving, new, now=now)
    file = NewUpload(agency, "", new.media_type, new.size_bytes, new.sha256)
    upload = answers.begin_answer(serving, file, now=now)
    made = orders.begin_hand_over(serving, new, upload, now=now)
    return orders.access_hand_over(principal, made)


def access_handed(principal: Principal, hand_over: str) -> tuple[HandOverFor, int]:
    """One's own hand-over, and from which byte on it goes on; NotFound for anyone else's as for none."""
    found = orders.access_hand_over(principal, hand_over)
    return found, upload_offset(found.upload)


@transaction.atomic
def take_handed_part(principal: Principal, hand_over: str, offset: int, pieces: Iterable[bytes]) -> int:
    """The next bytes of one's own file; returns how many are durable. Conflict `answer-gone`: stopped, or complete."""
    found = _receiving(principal, hand_over)
    return answers.append_answer(found.serving, found.upload, offset, pieces)


@transaction.atomic
def finish_handed(principal: Principal, hand_over: str, sha256: str) -> None:
    """All was sent. Doing it twice is doing it once. Conflict `upload-offset`: not all is here. Untrusted."""
    found = orders.access_hand_over(principal, hand_over, lock=True)
    if found.state in ("checking", "sent"):
        return
    _receiving(principal, hand_over)
    answers.complete_answer(found.serving, found.upload, sha256)
    orders.complete_hand_over(found.id)


@transaction.atomic
def stop_handed(principal: Principal, hand_over: str) -> None:
    """Stop before it is complete: nothing of it is kept. Twice is once; Conflict `answer-gone`: it is complete."""
    found = orders.access_hand_over(principal, hand_over, lock=True)
    if found.state in ("failed", "stopped"):
        return
    _receiving(principal, hand_over)
    answers.drop_answer(found.serving, found.upload)
    orders.stop_hand_over(found.id)


def seal_handed_due(now: datetime) -> int:
    """The worker's step: bring complete hand-overs into the vault, say of lost ones that they are; how many arrived.

    One that fails stops no other.
    """
    for name in order_reads.waiting_hand_overs("receiving"):
        _tried(_drop_lost, name, now)
    return sum(_tried(_seal, name, now) for name in order_reads.waiting_hand_overs("checking"))


def _receiving(principal: Principal, hand_over: str) -> HandOverFor:
    found = orders.access_hand_over(principal, hand_over, lock=True)
    if found.state != "receiving":
        raise Conflict("this recording was stopped, or is complete", kind="answer-gone")
    return found


def _tried(step: Step, name: HandOverId, now: datetime) -> int:
    try:
        with transaction.atomic():
            return int(step(orders.lock_hand_over(name), now))
    except (ConsentryError, OSError) as error:
        logger.error("hand-over %s: %s: %s", name, getattr(step, "__name__", "step"), error)
        return 0


def _seal(found: HandOverFor, now: datetime) -> bool:
    if found.state != "checking":
        return False
    given, clip = _given(found, now), _clip(found)
    try:
        with transaction.atomic():
            step = answers.seal_answer(found.serving, found.upload, given, clip, now=now)
    except ConsentryError as error:
        return _fail(found, error.kind)
    if step.state in ("hashing", "unscanned"):
        return False
    if step.state == "receiving":
        orders.receive_again(found.id)
        return False
    if step.item is None:
        return _fail(found, step.state)
    orders.seal_hand_over(found.id, step.item, now=now)
    join_handed(order_reads.get_order(found.order, now=now), step.item, now=now)
    return True


def _fail(found: HandOverFor, why: str) -> bool:
    answers.drop_answer(found.serving, found.upload)
    orders.fail_hand_over(found.id, why)
    return False


def _drop_lost(found: HandOverFor, now: datetime) -> bool:  # noqa: ARG001 - a step of the worker
    if found.state == "receiving" and answers.find_answer(found.serving, found.upload).state == "gone":
        orders.fail_hand_over(found.id, "too-late")
    return False


def _given(found: HandOverFor, now: datetime) -> ClipFor:
    camera = cameras.get_cameras([found.camera]).get(CameraId(found.camera))
    return ClipFor(
        agency=found.agency, cause=found.order, keep_until=now + timedelta(days=ORDERED_DAYS),
        cell=camera.cell if camera else "", camera=found.camera, kind="order",
    )  # fmt: skip


def _clip(found: HandOverFor) -> SignedClip | None:
    if not found.signed:
        return None
    return SignedClip(found.signed, found.edge_key, EdgeId(found.edge), CameraId(found.camera))
