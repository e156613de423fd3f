"""Typed, opaque ids: a short prefix, an underscore, 26 characters for 16 random bytes.

Random, not time-ordered: an id that is seen by an agency must not tell when somebody registered.
"""

import base64
import secrets
from typing import NewType

PersonId = NewType("PersonId", str)
AgencyId = NewType("AgencyId", str)
ProgrammeId = NewType("ProgrammeId", str)
CameraId = NewType("CameraId", str)
EdgeId = NewType("EdgeId", str)
GatewayId = NewType("GatewayId", str)
IncidentId = NewType("IncidentId", str)
FeedId = NewType("FeedId", str)
ConsentId = NewType("ConsentId", str)
AskId = NewType("AskId", str)
GrantId = NewType("GrantId", str)
SessionId = NewType("SessionId", str)
RecordingId = NewType("RecordingId", str)
ClipId = NewType("ClipId", str)
ItemId = NewType("ItemId", str)
CaseId = NewType("CaseId", str)
HoldId = NewType("HoldId", str)
DisclosureId = NewType("DisclosureId", str)
ExportId = NewType("ExportId", str)
GuestId = NewType("GuestId", str)
UploadId = NewType("UploadId", str)
RequestId = NewType("RequestId", str)
AnswerId = NewType("AnswerId", str)
PostId = NewType("PostId", str)
CommentId = NewType("CommentId", str)
PictureId = NewType("PictureId", str)
ReviewId = NewType("ReviewId", str)
AlertId = NewType("AlertId", str)
MaskAskId = NewType("MaskAskId", str)
RedactionId = NewType("RedactionId", str)
OwnLookId = NewType("OwnLookId", str)
PersonalExportId = NewType("PersonalExportId", str)
OrderId = NewType("OrderId", str)
ServingId = NewType("ServingId", str)
HandOverId = NewType("HandOverId", str)
EntryIndex = NewType("EntryIndex", int)

ID_BYTES = 16
ID_LENGTH = 3 + 1 + 26

PREFIXES = {
    "person": "per",
    "agency": "agy",
    "programme": "prg",
    "camera": "cam",
    "edge": "edg",
    "gateway": "gwy",
    "incident": "inc",
    "feed": "fee",
    "consent": "con",
    "ask": "ask",
    "grant": "gra",
    "session": "ses",
    "device_key": "key",
    "mandate": "man",
    "candidate": "cnd",
    "recording": "rec",
    "clip": "clp",
    "item": "itm",
    "case": "cas",
    "hold": "hld",
    "disclosure": "dis",
    "export": "exp",
    "guest": "gst",
    "upload": "upl",
    "request": "req",
    "answer": "ans",
    "post": "pst",
    "comment": "cmt",
    "picture": "pic",
    "review": "rvw",
    "alert": "alt",
    "mask_ask": "msk",
    "redaction": "red",
    "own_look": "own",
    "personal_export": "pex",
    "order": "ord",
    "serving": "srv",
    "hand_over": "hov",
}


def new_id(kind: str) -> str:
    """A fresh id of `kind`, one of `PREFIXES` (KeyError otherwise)."""
    return id_of_bytes(kind, secrets.token_bytes(ID_BYTES))


def id_of_bytes(kind: str, raw: bytes) -> str:
    """The id of `kind` that stands for `raw` (16 bytes); deterministic, so seeds can make stable ids."""
    if len(raw) != ID_BYTES:
        raise ValueError(f"an id holds {ID_BYTES} bytes, got {len(raw)}")
    return f"{PREFIXES[kind]}_{base64.b32encode(raw).decode().rstrip('=').lower()}"


def bytes_of_id(value: str) -> bytes:
    """The 16 bytes inside an id; ValueError when it is not one of ours."""
    prefix, _, body = value.partition("_")
    if prefix not in PREFIXES.values() or len(value) != ID_LENGTH:
        raise ValueError("not an id")
    raw = base64.b32decode(body.upper() + "======")
    if id_body(raw) != body:
        raise ValueError("not a canonical id")
    return raw


def id_body(raw: bytes) -> str:
    """The 26 characters for 16 bytes."""
    return base64.b32encode(raw).decode().rstrip("=").lower()
