"""Is a file a plain PDF: a document that shows pages and does nothing? Read as bytes, never rendered here.

A reader's own attack surface stays: so it is served as a download that no page of ours shows (`api.py`). What would
act by itself is refused: scripts, launches, attached files, forms that load, and what is encrypted, since it cannot be
looked into.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Final

from consentry.kernel.errors import LimitReached, Malformed
from consentry.kernel.limits_residents import MAX_ORDER_DOCUMENT_BYTES, MAX_ORDER_INFLATED_BYTES

_HEAD: Final = re.compile(rb"%PDF-[12]\.[0-9]\s")
_TAIL_BYTES: Final = 2_048
_STREAM: Final = re.compile(rb"stream\r?\n")
_OBJECTS: Final = re.compile(rb"/ObjStm(?![A-Za-z0-9])")
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_ACTS: Final = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFile|EmbeddedFiles|RichMedia|XFA|SubmitForm|ImportData|GoToE|Encrypt)"
    rb"(?![A-Za-z0-9])"
)


def check_pdf(document: bytes) -> None:
    """Let a plain PDF pass.

    Raises: LimitReached `document-large`: too many bytes, also once inflated. Malformed `document-type`: no PDF from
    its first to its last byte; `document-acts`: it holds something that acts, or is encrypted.
    """
    if len(document) > MAX_ORDER_DOCUMENT_BYTES:
        raise LimitReached(f"a document has at most {MAX_ORDER_DOCUMENT_BYTES} bytes", kind="document-large")
    if not _HEAD.match(document) or b"%%EOF" not in document[-_TAIL_BYTES:]:
        raise Malformed("this is not a whole PDF", kind="document-type")
    if _acts(document) or any(map(_acts, _inflated(document))):
        raise Malformed("this PDF holds scripts or files, or is encrypted; print it anew", kind="document-acts")


def _acts(part: bytes) -> bool:
    return _ACTS.search(_plain(part)) is not None


def _plain(part: bytes) -> bytes:
    """Names may be written with escapes (`/J#53`), so these are resolved first."""
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), part)


def _inflated(document: bytes) -> Iterator[bytes]:
    """What streams hide, all of them together bounded. Objects that cannot be read here are not let pass."""
    left = MAX_ORDER_INFLATED_BYTES
    for part in document.split(b"endstream"):
        begins = [found.span() for found in _STREAM.finditer(part)]
        if len(begins) > 1:
            raise Malformed("this PDF nests its streams; print it anew", kind="document-acts")
        if not begins:
            continue
        head, body = _plain(part[: begins[0][0]]), part[begins[0][1] :]
        # Only the last object's dictionary is this stream's.
        head = head[head.rfind(b"obj") :]
        found = _inflate(body, left)
        if _OBJECTS.search(head) and (found is None or b"/DecodeParms" in head):
            raise Malformed("this PDF hides its objects; print it anew", kind="document-acts")
        if found is None:
            continue
        left -= len(found)
        if left < 0:
            raise LimitReached("this PDF inflates to too much", kind="document-large")
        yield found


def _inflate(body: bytes, at_most: int) -> bytes | None:
    """What a stream is once inflated, cut off past `at_most` bytes; None for another filter or a picture's data."""
    try:
        return zlib.decompressobj().decompress(body, at_most + 1)
    except zlib.error:
        return None
