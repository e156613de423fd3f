"""The child that joins an item's segments to one MP4 file; nothing is coded anew. It gives up its rights first.

Run as `python -I -m consentry.evidence.bag.player_child IN OUT`, two file descriptors; on stdin a JSON list of
`[start, size, begins_us]`: where each piece lies in IN (bytes), and when it begins after the first (µs). Exit code
0, or 1 after a line on stdout that says why there is no copy.
"""

import ctypes
import io
import json
import os
import signal
import sys
from collections.abc import Sequence
from fractions import Fraction
from typing import BinaryIO

import av
import av.subtitles.stream  # else loaded at the first subtitle track, when no file may be opened
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Stream

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_PLAYER_BYTES, MAX_PLAYER_TRACKS, PLAYER_BYTES_PER_CPU_S
from consentry.media.sandbox import give_up_rights

_PR_SET_PDEATHSIG = 1
_MICRO = Fraction(1, 1_000_000)
Piece = tuple[int, int, int]


def main() -> None:
    """Join what the arguments and stdin name."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    pieces = [(start, size, begins_us) for start, size, begins_us in json.loads(sys.stdin.buffer.read())]
    total = sum(size for _, size, _ in pieces)
    source, target = int(sys.argv[1]), os.fdopen(int(sys.argv[2]), "w+b")
    _warm_up()
    give_up_rights(
        max_cpu_s=20 + 2 * total // PLAYER_BYTES_PER_CPU_S, max_file_bytes=min(2 * total, MAX_PLAYER_BYTES) + (1 << 20)
    )
    try:
        join(source, pieces, target)
        target.flush()
    except (av.FFmpegError, Malformed, MemoryError, ValueError, OSError) as error:
        sys.stdout.write(f"{str(error)[:200]}\n")
        sys.stdout.flush()
        os._exit(1)


def join(source: int, pieces: Sequence[Piece], target: BinaryIO) -> None:
    """Write the pieces' tracks behind each other into `target`; Malformed when they are not of one kind."""
    with av.open(target, "w", format="mp4") as out:
        joined = _Joined(out)
        for start, size, begins_us in pieces:
            window = io.BufferedReader(_Window(source, start, size), 1 << 20)
            with av.open(window, "r") as piece:
                joined.add(piece, begins_us)


class _Joined:
    """The file that grows: its tracks, and how far each has come."""

    def __init__(self, out: OutputContainer) -> None:
        self._out = out
        self._tracks: list[Stream] = []
        self._shape: list[tuple[str, bytes | None]] = []
        self._last_dts: dict[int, int] = {}
        self._end_us = 0

    def add(self, piece: InputContainer, begins_us: int) -> None:
        found = [stream for stream in piece.streams if stream.type in ("video", "audio")]
        if not found or len(found) > MAX_PLAYER_TRACKS:
            raise Malformed("there is no picture or sound in it, or too many tracks")
        shape = [(stream.codec_context.name, stream.codec_context.extradata) for stream in found]
        if not self._tracks:
            self._shape = shape
            self._tracks = [self._out.add_stream_from_template(stream) for stream in found]
        if shape != self._shape:
            raise Malformed("its pictures change their form in between, and one MP4 track has one")
        place = {stream.index: number for number, stream in enumerate(found)}
        shift_us = max(begins_us, self._end_us) - (piece.start_time or 0)
        for packet in piece.demux(found):
            if packet.dts is not None and packet.pts is not None:
                self._write(packet, place[packet.stream_index], shift_us)

    def _write(self, packet: "Packet[Stream]", number: int, shift_us: int) -> None:
        base = packet.time_base
        shift = int(shift_us * _MICRO / base)
        dts = (packet.dts or 0) + shift
        late = max(self._last_dts.get(number, dts - 1) + 1 - dts, 0)
        packet.dts, packet.pts = dts + late, (packet.pts or 0) + shift + late
        self._last_dts[number] = packet.dts
        self._end_us = max(self._end_us, int((packet.pts + (packet.duration or 0)) * base / _MICRO))
        packet.stream = self._tracks[number]
        self._out.mux(packet)


class _Window(io.RawIOBase):
    """A part of an open file, for reading."""

    def __init__(self, handle: int, start: int, size: int) -> None:
        self._handle, self._start, self._size, self._at = handle, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed wants any writable buffer
        piece = os.pread(self._handle, min(len(buffer), self._size - self._at), self._start + self._at)
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = min(max(base + offset, 0), self._size)
        return self._at

    def tell(self) -> int:
        return self._at


def _warm_up() -> None:
    """Load what the libraries load late, while files may still be opened."""
    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as out:
        track = out.add_stream("mpeg4", rate=25)
        track.width, track.height, track.pix_fmt = 64, 64, "yuv420p"
        frame = av.VideoFrame(64, 64, "yuv420p")
        frame.pts = 0
        out.mux([*track.encode(frame), *track.encode(None)])
    with av.open(io.BytesIO(made.getvalue()), "r") as piece, av.open(io.BytesIO(), "w", format="mp4") as again:
        _Joined(again).add(piece, 0)


if __name__ == "__main__":
    main()
