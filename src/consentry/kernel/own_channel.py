"""The sealed channel between an owner's browser and the owner's edge; a gateway carries it unread.

The edge draws a secret, seals it to the browser's key and signs both, so that nobody can put another in its place. From
it come two AES-256-GCM keys, one for each direction. A *frame* goes down (pictures, answers, bytes of a clip), a *word*
goes up. Specification: docs/spec/own-look.md; vectors: docs/spec/vectors/own-channel.json.
"""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.ids import PREFIXES, OwnLookId, bytes_of_id, id_of_bytes
from consentry.kernel.limits import MAX_OWN_WORD_BYTES, MAX_UNIT_BYTES
from consentry.kernel.owner_record import owner_message

SECRET_BYTES = 32
FRAME_VERSION = 2  # units of looks are version 1 (`wire.py`)
_HEAD = struct.Struct(">BB16sQ")
FRAME_HEAD_BYTES = _HEAD.size
_COUNTER = struct.Struct(">Q")
_TAG_BYTES = 16
# A picture with its own head, sealed; answers and pieces of a clip are smaller.
MAX_FRAME_BYTES = FRAME_HEAD_BYTES + MAX_UNIT_BYTES + 64 + _TAG_BYTES
MAX_WORD_CHARS = (_COUNTER.size + MAX_OWN_WORD_BYTES + _TAG_BYTES) * 4 // 3 + 4
_OPENED, _DOWN, _UP = b"consentry-own-v1\n", b"consentry-own-down-v1\n", b"consentry-own-up-v1\n"


class FrameKind(IntFlag):
    """What a gateway may know of a frame, to drop what a slow line cannot take: 0 an answer, else as named."""

    ANSWER = 0
    PICTURE = 1
    KEY = 2
    PIECE = 4


KINDS = frozenset({FrameKind.ANSWER, FrameKind.PICTURE, FrameKind.PICTURE | FrameKind.KEY, FrameKind.PIECE})


class FrameHead(NamedTuple):
    """The open part of a frame."""

    session: OwnLookId
    kind: FrameKind
    counter: int


@dataclass(frozen=True)
class ChannelKeys:
    """One key for each direction of the channel of `session`."""

    session: OwnLookId
    down: AESGCM
    up: AESGCM


def own_context(session: str) -> str:
    """Context of the box that carries the channel's secret to the browser."""
    return f"own\n{session}"


def opened_message(record: Mapping[str, str | int], box: bytes) -> bytes:
    """What the edge signs: the owner's record that it obeyed, and the box that it made for it."""
    return _OPENED + hashlib.sha256(owner_message(record)).digest() + box


def parse_own_id(value: object) -> OwnLookId:
    """The id of an own look; Malformed when it is none."""
    if not isinstance(value, str) or not value.startswith(PREFIXES["own_look"] + "_"):
        raise Malformed("not the id of an own look")
    try:
        bytes_of_id(value)
    except ValueError as error:
        raise Malformed("not the id of an own look") from error
    return OwnLookId(value)


def channel_keys(secret: bytes, session: OwnLookId) -> ChannelKeys:
    """Both keys from the channel's `secret` (32 bytes)."""
    return ChannelKeys(session, AESGCM(_derive(secret, _DOWN, session)), AESGCM(_derive(secret, _UP, session)))


def seal_frame(keys: ChannelKeys, kind: FrameKind, counter: int, plain: bytes) -> bytes:
    """A frame of the edge. `counter` rises from 1 and never comes twice in a channel."""
    head = _HEAD.pack(FRAME_VERSION, kind, bytes_of_id(keys.session), counter)
    return head + keys.down.encrypt(_nonce(counter), plain, head)


def open_frame(keys: ChannelKeys, frame: bytes) -> tuple[FrameHead, bytes]:
    """Head and plain bytes; Malformed when it is no frame, Untrusted when it is not of this channel or was changed."""
    head = parse_frame(frame)
    try:
        opened = frame[:FRAME_HEAD_BYTES]
        return head, keys.down.decrypt(_nonce(head.counter), frame[FRAME_HEAD_BYTES:], opened)
    except InvalidTag as error:
        raise Untrusted("this frame is not of this channel", kind="own-frame") from error


def parse_frame(frame: bytes) -> FrameHead:
    """The open part; Malformed for anything out of bounds."""
    if not FRAME_HEAD_BYTES + _TAG_BYTES <= len(frame) <= MAX_FRAME_BYTES:
        raise Malformed("a frame is too short or too long")
    version, kind, raw, counter = _HEAD.unpack_from(frame)
    if version != FRAME_VERSION or kind not in KINDS or counter == 0:
        raise Malformed("unknown version or kind of a frame")
    return FrameHead(OwnLookId(id_of_bytes("own_look", raw)), FrameKind(kind), counter)


def seal_word(keys: ChannelKeys, counter: int, plain: bytes) -> str:
    """A word of the browser, base64url; `counter` as above, in its own row."""
    return to_b64(_COUNTER.pack(counter) + keys.up.encrypt(_nonce(counter), plain, bytes_of_id(keys.session)))


def open_word(keys: ChannelKeys, text: object, counter: int) -> bytes:
    """What the browser said, if it is the word that follows: number `counter`. Malformed or Untrusted otherwise."""
    if not isinstance(text, str) or len(text) > MAX_WORD_CHARS:
        raise Malformed("a word is short")
    raw = from_b64(text)
    if len(raw) < _COUNTER.size + _TAG_BYTES or _COUNTER.unpack_from(raw)[0] != counter:
        raise Untrusted("not the word that follows", kind="own-word")
    try:
        return keys.up.decrypt(_nonce(counter), raw[_COUNTER.size :], bytes_of_id(keys.session))
    except InvalidTag as error:
        raise Untrusted("this word is not of this channel", kind="own-word") from error


def _derive(secret: bytes, label: bytes, session: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=label + session.encode()).derive(secret)


def _nonce(counter: int) -> bytes:
    return bytes(4) + _COUNTER.pack(counter)
