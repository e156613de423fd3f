"""What a picture file says of itself, read without decoding it: its form and its size. Pure.

JPEG, PNG and WebP are taken. Everything else is named and refused: SVG and other text, GIF, HEIC, PDF, archives; so is
a file that is two things at once, and one that says it is larger than we decode.
"""

import struct
from dataclasses import dataclass

from consentry.kernel.errors import Malformed
from consentry.kernel.limits_residents import MAX_PICTURE_PX

_TEXTS = (b"<svg", b"<!doctype", b"<html", b"<script", b"<?php", b"<iframe", b"javascript:")
_ARCHIVE, _ARCHIVE_END, _PDF = b"PK\x03\x04", b"PK\x05\x06", b"%PDF-"
# Start-of-frame markers of JPEG: all of FFC0 to FFCF but tables (C4), extensions (C8) and arithmetic conditions (CC).
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class PictureForm:
    """What the decoder will be told to expect: `jpeg`, `png` or `webp`, and the size in pixels as stored."""

    form: str
    width_px: int
    height_px: int


def form_of(data: bytes) -> PictureForm:
    """The form and size of `data`.

    Raises Malformed: `picture-form` for another form, `picture-two-files` for a file that is also a page, program,
    archive or PDF, `picture-too-large` for more than 50 megapixels, `picture-damaged` when its size cannot be read.
    """
    lowered = data.lower()
    if data[:2] == b"\xff\xd8":
        form, size = "jpeg", _jpeg_size(data)
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        form, size = "png", _png_size(data)
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        form, size = "webp", _webp_size(data)
    else:
        raise Malformed("a picture is a JPEG, PNG or WebP file", kind="picture-form")
    is_archive = _ARCHIVE in data and _ARCHIVE_END in data
    if is_archive or _PDF in data or any(text in lowered for text in _TEXTS):
        raise Malformed("this file is a picture and something else at once", kind="picture-two-files")
    width, height = size
    if not width or not height:
        raise Malformed("this picture is damaged", kind="picture-damaged")
    if width * height > MAX_PICTURE_PX:
        raise Malformed("this picture has too many pixels", kind="picture-too-large")
    return PictureForm(form, width, height)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            break
        marker = data[at + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _SOF:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0, 0


def _png_size(data: bytes) -> tuple[int, int]:
    if len(data) < 24 or data[12:16] != b"IHDR":
        return 0, 0
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X" and len(data) >= 30:
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L" and len(data) >= 25:
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and len(data) >= 30:
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0
