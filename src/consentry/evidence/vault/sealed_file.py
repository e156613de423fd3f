"""A sealed segment: a header of 64 bytes, then AES-256-GCM frames of 1 MiB (docs/spec/item.md, *Sealed segment*).

The nonce counts frames and marks the last one, so that frames cannot be swapped, dropped, added or cut off; the key is
made from the item's key and a random segment id that is never used twice, so that a crash repeats no nonce.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from consentry.evidence.vault import disk
from consentry.kernel.errors import LimitReached, Unavailable, Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.item import check_item_id
from consentry.kernel.limits import VAULT_FRAME_BYTES

MAGIC: Final = b"CNSEG001"
HEADER_BYTES: Final = 64
TAG_BYTES: Final = 16
SEGMENT_ID_BYTES: Final = 16
_INFO = b"consentry-segment-v1"
_SEALED_FRAME_BYTES = VAULT_FRAME_BYTES + TAG_BYTES
# So much stays in a core's own cache from the first hash to the write.
_STEP_BYTES = 131_072


class Readable(Protocol):
    """What a sealed segment is read from: a file, or a stream that cannot go back."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


@dataclass(frozen=True)
class Written:
    """A segment as it was written: sizes in bytes, SHA-256 in hex, of the plain bytes and of the sealed file."""

    size_bytes: int
    sha256: str
    sealed_bytes: int
    sealed_sha256: str


def new_header(item: ItemId) -> bytes:
    """The header of a new segment of `item`, with a segment id that was never used before."""
    return make_header(item, os.urandom(SEGMENT_ID_BYTES))


def make_header(item: ItemId, segment: bytes) -> bytes:
    """The header for this item and segment id."""
    head = MAGIC + check_item_id(item) + segment + VAULT_FRAME_BYTES.to_bytes(4, "big")
    return head.ljust(HEADER_BYTES, b"\0")


def segment_of(header: bytes) -> bytes:
    """The segment id in a header, 16 bytes."""
    return header[len(MAGIC) + 16 :][:SEGMENT_ID_BYTES]


def seal(fd: int, header: bytes, item_key: bytes, pieces: Iterable[bytes], size_bytes: int) -> Written:
    """Write `pieces`, together `size_bytes` long, sealed to `fd` as they come; nothing is fsynced.

    Each byte is hashed, encrypted, hashed again and written while it is near the processor, and copied nowhere.

    Raises:
        LimitReached `segment-too-long`: more come. Untrusted `segment-digest`: fewer come. OSError: the disk.
        Unavailable `sender-gone`: whoever sends broke off.
    """
    sealing = _Sealing(fd, header, _segment_key(item_key, header), size_bytes)
    for piece in _from_sender(pieces):
        view = memoryview(piece).cast("B")
        if len(view) > sealing.left_bytes:
            raise LimitReached("more bytes come than were said", kind="segment-too-long")
        while view:
            view = view[sealing.take(view) :]
    if sealing.left_bytes:
        raise Untrusted("fewer bytes came than were said", kind="segment-digest")
    return sealing.end()


class _Sealing:
    """A segment of known length on its way; so the last frame is known when it begins, and none is held back."""

    def __init__(self, fd: int, header: bytes, key: bytes, size_bytes: int) -> None:
        self.left_bytes = size_bytes
        self._fd, self._header, self._key, self._size_bytes = fd, header, key, size_bytes
        self._plain, self._sealed, self._sealed_bytes = hashlib.sha256(), hashlib.sha256(), 0
        self._room = memoryview(bytearray(_STEP_BYTES + TAG_BYTES))
        self._counter = 0
        self._write(memoryview(header))
        self._begin_frame()

    def take(self, view: memoryview) -> int:
        """Seal the beginning of `view`, which is not empty; returns how many bytes."""
        if not self._frame_left:
            self._end_frame()
            self._begin_frame()
        step = view[: min(_STEP_BYTES, self._frame_left)]
        self._plain.update(step)
        count = self._frame.update_into(step, self._room)
        self._write(self._room[:count])
        self._frame_left -= count
        self.left_bytes -= count
        return count

    def end(self) -> Written:
        """The last tag, and what was written."""
        self._end_frame()
        return Written(self._size_bytes, self._plain.hexdigest(), self._sealed_bytes, self._sealed.hexdigest())

    def _begin_frame(self) -> None:
        is_last = self.left_bytes <= VAULT_FRAME_BYTES
        self._frame_left = min(self.left_bytes, VAULT_FRAME_BYTES)
        cipher = Cipher(algorithms.AES(self._key), modes.GCM(_nonce(self._counter, is_last=is_last)))
        self._frame = cipher.encryptor()
        self._frame.authenticate_additional_data(self._header)
        self._counter += 1

    def _end_frame(self) -> None:
        self._frame.finalize()
        self._write(memoryview(self._frame.tag))

    def _write(self, data: memoryview) -> None:
        self._sealed.update(data)
        self._sealed_bytes += len(data)
        disk.write(self._fd, data)


def unseal(file: Readable, size_bytes: int, item: ItemId, item_key: bytes) -> Iterator[bytes]:
    """The plain bytes of a sealed segment of `item`, in pieces of at most 1 MiB, each checked before it is handed out.

    Args:
        size_bytes: of the sealed file; where its last frame ends.

    Raises:
        Untrusted `segment`: another item's, under another key, changed, cut off, or with bytes behind its last frame.
    """
    header = _read(file, min(size_bytes, HEADER_BYTES))
    if len(header) != HEADER_BYTES or header != make_header(item, segment_of(header)):
        raise Untrusted("this is no sealed segment of this item", kind="segment")
    cipher, counter = AESGCM(_segment_key(item_key, header)), 0
    left = size_bytes - HEADER_BYTES
    if left < TAG_BYTES or (left > TAG_BYTES and left % _SEALED_FRAME_BYTES in range(1, TAG_BYTES + 1)):
        raise Untrusted("a sealed segment ends inside a frame", kind="segment")
    while left:
        text = _read(file, min(left, _SEALED_FRAME_BYTES))
        left -= len(text)
        try:
            frame = cipher.decrypt(_nonce(counter, is_last=not left), text, header)
        except InvalidTag as error:
            raise Untrusted(f"frame {counter} of a sealed segment was changed", kind="segment") from error
        counter += 1
        if frame:
            yield frame
    if file.read(1):
        raise Untrusted("there are bytes behind the last frame of a sealed segment", kind="segment")


def _from_sender(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """`pieces`; a line that breaks is the sender's fault and not the disk's."""
    try:
        yield from pieces
    except OSError as error:
        raise Unavailable("whoever sends this segment broke off", kind="sender-gone") from error


def _segment_key(item_key: bytes, header: bytes) -> bytes:
    info = _INFO + header[len(MAGIC) :][:16]
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=segment_of(header), info=info).derive(item_key)


def _nonce(counter: int, *, is_last: bool) -> bytes:
    return counter.to_bytes(8, "big") + bytes((0, 0, 0, is_last))


def _read(file: Readable, size: int) -> bytes:
    """Exactly `size` bytes; Untrusted when there are fewer."""
    parts, left = [], size
    while left:
        part = file.read(left)
        if not part:
            raise Untrusted("a sealed segment is cut off", kind="segment")
        parts.append(part)
        left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
