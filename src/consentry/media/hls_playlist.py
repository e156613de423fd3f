"""The little of an HLS playlist that reading live needs (RFC 8216), bounded and pure."""

import re
from dataclasses import dataclass

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_PLAYLIST_BYTES, MAX_PLAYLIST_SEGMENTS

_ATTRIBUTE = re.compile(r'([A-Z0-9-]{1,40})=("[^"\n]{0,1000}"|[^",\s]{0,1000})')
_MAX_LINE_CHARS = 4_096


@dataclass(frozen=True, slots=True)
class Variant:
    """One choice of a master playlist; `codecs` as it says them, "" when it does not."""

    uri: str
    bandwidth: int
    codecs: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One media segment; `init` is the address of its initialisation section, "" for MPEG-TS."""

    number: int
    uri: str
    duration_s: float
    init: str


@dataclass(frozen=True, slots=True)
class Playlist:
    """Either `variants` (a master playlist) or `segments` (a media playlist)."""

    variants: tuple[Variant, ...]
    segments: tuple[Segment, ...]
    target_s: float
    ended: bool


def parse_playlist(data: bytes) -> Playlist:
    """The playlist in `data`; Malformed for none, or for what we do not read: encryption, byte ranges."""
    if len(data) > MAX_PLAYLIST_BYTES:
        raise Malformed("a playlist is too long")
    lines = data.decode("utf-8", "replace").lstrip("\ufeff").splitlines()
    if not lines or not lines[0].startswith("#EXTM3U") or any(len(line) > _MAX_LINE_CHARS for line in lines):
        raise Malformed("not a playlist")
    reading = _Reading()
    for line in lines[1:]:
        reading.take(line.strip())
    return Playlist(tuple(reading.variants), tuple(reading.segments), reading.target_s, reading.ended)


def best_variant(variants: tuple[Variant, ...]) -> Variant:
    """The one with the highest rate that is H.264 or does not say; Malformed when there is none."""
    usable = [variant for variant in variants if not variant.codecs or "avc1" in variant.codecs.lower()]
    if not usable:
        raise Malformed("no variant in H.264")
    return max(usable, key=lambda variant: variant.bandwidth)


class _Reading:
    """Line after line."""

    def __init__(self) -> None:
        self.variants: list[Variant] = []
        self.segments: list[Segment] = []
        self.target_s, self.ended = 6.0, False
        self._number = 0
        self._duration_s: float | None = None
        self._stream: dict[str, str] | None = None
        self._init = ""

    def take(self, line: str) -> None:
        if line and not line.startswith("#"):
            self._take_uri(line)
            return
        name, _, rest = line.partition(":")
        handler = _TAGS.get(name)
        if handler is not None:
            handler(self, rest)

    def _take_uri(self, uri: str) -> None:
        if len(self.variants) + len(self.segments) >= MAX_PLAYLIST_SEGMENTS:
            raise Malformed("a playlist is too long")
        if self._stream is not None:
            rate = self._stream.get("BANDWIDTH", "0")
            self.variants.append(Variant(uri, _whole(rate), self._stream.get("CODECS", "")))
            self._stream = None
        elif self._duration_s is not None:
            self.segments.append(Segment(self._number, uri, self._duration_s, self._init))
            self._number += 1
            self._duration_s = None

    def duration(self, rest: str) -> None:
        self._duration_s = _seconds(rest.partition(",")[0])

    def target(self, rest: str) -> None:
        self.target_s = max(0.5, _seconds(rest))

    def sequence(self, rest: str) -> None:
        self._number = _whole(rest)

    def stream(self, rest: str) -> None:
        self._stream = _attributes(rest)

    def init(self, rest: str) -> None:
        said = _attributes(rest)
        if "BYTERANGE" in said:
            raise Malformed("byte ranges are not read")
        self._init = said.get("URI", "")

    def key(self, rest: str) -> None:
        if _attributes(rest).get("METHOD", "NONE") != "NONE":
            raise Malformed("encrypted segments are not read")

    def byte_range(self, _rest: str) -> None:
        raise Malformed("byte ranges are not read")

    def end(self, _rest: str) -> None:
        self.ended = True


_TAGS = {
    "#EXTINF": _Reading.duration, "#EXT-X-BYTERANGE": _Reading.byte_range, "#EXT-X-ENDLIST": _Reading.end,
    "#EXT-X-KEY": _Reading.key, "#EXT-X-MAP": _Reading.init, "#EXT-X-MEDIA-SEQUENCE": _Reading.sequence,
    "#EXT-X-STREAM-INF": _Reading.stream, "#EXT-X-TARGETDURATION": _Reading.target,
}  # fmt: skip


def _attributes(text: str) -> dict[str, str]:
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(text)}


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Malformed("a playlist has a number that is none")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text[:20])
    except ValueError:
        raise Malformed("a playlist has a duration that is none") from None
    if not 0 <= value <= 600:
        raise Malformed("a playlist has a duration that is none")
    return value
