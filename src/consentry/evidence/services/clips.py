"""Clips that an edge cut and signed: a resident's answer to a request, or what a court's order fetched.

The seams for those rooms: they say for whom a clip is and have checked that it may be taken; here its signature, its
bytes and its camera are held against each other, and the edge's own manifest becomes the segment's origin, so that the
chain of custody begins in the house.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from consentry.evidence import models
from consentry.evidence.rules import class_of
from consentry.evidence.services.begin import begin_item
from consentry.evidence.types import Doer, NewItem, Retention
from consentry.evidence.vault_door import open_vault
from consentry.kernel.canonical import parse_object
from consentry.kernel.clip import ClipManifest, open_clip
from consentry.kernel.errors import LimitReached, Untrusted
from consentry.kernel.ids import AgencyId, CameraId, EdgeId, ItemId
from consentry.kernel.item import SegmentSpan
from consentry.kernel.limits import MAX_CLIP_BYTES, MAX_CLIP_MANIFEST_BYTES

Taken = tuple[ItemId, bytes]


@dataclass(frozen=True)
class SignedClip:
    """A clip's manifest as the edge signed it (docs/spec/clip.md); `edge_key`: what this edge is known by, 32 bytes."""

    signed: bytes
    edge_key: bytes
    edge: EdgeId
    camera: CameraId


@dataclass(frozen=True)
class ClipFor:
    """For whom and why a clip is taken. `keep_until`: of an answer the owner's own last date, which only a hold passes.

    `cause`: the request's or the order's id. `receipt`: SHA-256 (hex) of the owner's consent receipt, "" for an order.
    `camera`: of a file that no edge signed, the camera that an order named; `kind`: answer or order, of an upload.
    `pseudonym`: the row names no camera, so that no search finds what else it took; the signed manifest does.
    """

    agency: AgencyId
    cause: str
    keep_until: datetime
    incident: str = ""
    cell: str = ""
    programme: str = ""
    receipt: str = ""
    pseudonym: bool = False
    camera: str = ""
    kind: str = "answer"


def take_answer_clip(clip: SignedClip, given: ClipFor, pieces: Iterable[bytes], *, now: datetime) -> Taken:
    """A resident's clip: its item and the vault's acknowledgement. The same clip again gets the same answer.

    Raises:
        Malformed, Untrusted: not signed by this edge, of another camera, or other bytes. LimitReached: too large.
    """
    return _take("answer", clip, given, pieces, now)


def take_order_clip(clip: SignedClip, given: ClipFor, pieces: Iterable[bytes], *, now: datetime) -> Taken:
    """As `take_answer_clip`, of what an order fetched; its cases may keep it longer."""
    return _take("order", clip, given, pieces, now)


@transaction.atomic
def _take(kind: str, clip: SignedClip, given: ClipFor, pieces: Iterable[bytes], now: datetime) -> Taken:
    said = open_clip(clip.signed, clip.edge_key)
    if (said.edge, said.camera) != (clip.edge, clip.camera):
        raise Untrusted("this clip is of another camera or edge", kind="clip-camera")
    if said.size_bytes > MAX_CLIP_BYTES:
        raise LimitReached("this clip is too large", kind="clip-too-large")
    known = models.Item.objects.select_for_update(no_key=True).filter(agency=given.agency, clip=said.clip).first()
    item = known or _begin(kind, said, given, now)
    origin = parse_object(clip.signed, max_bytes=MAX_CLIP_MANIFEST_BYTES)
    span = SegmentSpan(0, said.cut[0], said.cut[1], "video/mp4", said.size_bytes, said.sha256, origin)
    acknowledgement = open_vault().take_segment(ItemId(item.id), span, pieces)
    if not item.segments:
        item.segments, item.size_bytes, item.state = 1, said.size_bytes, "closing"
        item.start_us, item.end_us = said.cut
        item.save(update_fields=["segments", "size_bytes", "state", "start_us", "end_us"])
    return ItemId(item.id), acknowledgement


def _begin(kind: str, said: ClipManifest, given: ClipFor, now: datetime) -> models.Item:
    cause = "request" if kind == "answer" else "order"
    source: dict[str, str | int] = {cause: given.cause, "camera": said.camera, "edge": said.edge, "clip": said.clip}
    if given.receipt:
        source["receipt_sha256"] = given.receipt
    new = NewItem(
        agency=given.agency, kind=kind, source=source, clip=said.clip,
        retention_class=class_of(days_until(given.keep_until, now)),
        base=Retention(given.keep_until, "owner" if kind == "answer" else "order"), cell=given.cell,
        camera="" if given.pseudonym else said.camera,
        incident=given.incident, programme=given.programme, order=given.cause if kind == "order" else "",
    )  # fmt: skip
    return begin_item(new, Doer(), now=now)


def days_until(keep_until: datetime, now: datetime) -> int:
    """For how many days a key is needed that is kept until then; at least one."""
    return max(1, math.ceil((keep_until - now).total_seconds() / 86_400))
