"""One RTMP connection of either side: handshake, chunks to messages and back, what keeps the other side going.

Bounded: chunk streams, the bytes of messages that are not whole yet, the size of a message. No digest handshake, no
encryption of its own (`rtmps` is TLS around it). Source: Adobe's RTMP Specification 1.0 (2012), sections 5.2 to 5.4.
"""

import asyncio
import os
import struct
from dataclasses import dataclass, field

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_RTMP_CHUNK_STREAMS, MAX_UNIT_BYTES
from consentry.media.amf0 import Value, read_values, write_values

HANDSHAKE_BYTES = 1_536
SET_CHUNK, ABORT, ACKNOWLEDGE, USER_CONTROL, WINDOW, BANDWIDTH = 1, 2, 3, 4, 5, 6
AUDIO, VIDEO, COMMAND_AMF3, DATA, COMMAND = 8, 9, 17, 18, 20
_PING, _PONG = 6, 7
_OWN_CHUNK_BYTES = 4_096
_WINDOW_BYTES = 2_500_000
_CONTROL_STREAM, _COMMAND_STREAM = 2, 3
_EXTENDED = 0xFFFFFF
# Beside the largest message there may be a little sound and words that are not whole yet.
_MAX_BESIDE_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class Message:
    """One whole message; `time_ms` is the sender's, 32 bits."""

    kind: int
    stream: int
    time_ms: int
    body: bytes


@dataclass(slots=True)
class _ChunkStream:
    """What later chunks of a stream leave out."""

    kind: int = 0
    stream: int = 0
    size: int = 0
    time_ms: int = 0
    step_ms: int = 0
    is_extended: bool = False
    body: bytearray = field(default_factory=bytearray)


class RtmpLink:
    """Over asyncio's streams. Every read may raise Malformed, or IncompleteReadError at the end of the line.

    `most_bytes`: the longest message that is taken; whoever has not shown a key yet has nothing long to say.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most_bytes: int = MAX_UNIT_BYTES
    ) -> None:
        self.most_bytes = most_bytes
        self._reader, self._writer = reader, writer
        self._streams: dict[int, _ChunkStream] = {}
        self._chunk_bytes = self._own_chunk_bytes = 128
        self._partial_bytes = 0
        self._received = self._acknowledged = 0
        self._window_bytes = _WINDOW_BYTES

    async def greet(self) -> None:
        """The handshake of the side that dialled."""
        self._writer.write(b"\x03" + bytes(8) + os.urandom(HANDSHAKE_BYTES - 8))
        await self._version()
        echo = await self._read(HANDSHAKE_BYTES)
        await self._read(HANDSHAKE_BYTES)
        self._writer.write(echo)
        await self._writer.drain()

    async def answer_greeting(self) -> None:
        """The handshake of the side that listened."""
        await self._version()
        echo = await self._read(HANDSHAKE_BYTES)
        self._writer.write(b"\x03" + bytes(8) + os.urandom(HANDSHAKE_BYTES - 8) + echo)
        await self._writer.drain()
        await self._read(HANDSHAKE_BYTES)

    async def next(self) -> Message:
        """The next message that is for whoever uses the link; control messages are answered here."""
        while True:
            message = await self._next_whole()
            if not self._is_control(message):
                return message
            await self._writer.drain()

    def say(self, *values: Value, stream: int = 0) -> None:
        """Send a command."""
        self.send(COMMAND, write_values(values), stream=stream)

    def send(self, kind: int, body: bytes, *, stream: int = 0) -> None:
        """Send a message with time 0; what we send is small, and is written at once."""
        channel = _COMMAND_STREAM if kind in (COMMAND, DATA) else _CONTROL_STREAM
        head = bytes((channel,)) + bytes(3) + len(body).to_bytes(3, "big") + bytes((kind,)) + struct.pack("<I", stream)
        size = self._own_chunk_bytes
        parts = [body[at : at + size] for at in range(0, len(body), size)]
        self._writer.write(head + bytes((0xC0 | channel,)).join(parts))

    def set_sizes(self) -> None:
        """Tell the other side our chunk size and windows."""
        self.send(WINDOW, struct.pack(">I", _WINDOW_BYTES))
        self.send(BANDWIDTH, struct.pack(">IB", _WINDOW_BYTES, 2))
        self.send(SET_CHUNK, struct.pack(">I", _OWN_CHUNK_BYTES))
        self._own_chunk_bytes = _OWN_CHUNK_BYTES

    async def drain(self) -> None:
        """Wait until what was sent has left us."""
        await self._writer.drain()

    async def _version(self) -> None:
        if (await self._read(1))[0] != 3:
            raise Malformed("not RTMP")

    async def _read(self, size: int) -> bytes:
        data = await self._reader.readexactly(size)
        self._received += size
        if self._received - self._acknowledged >= self._window_bytes // 2:
            self._acknowledged = self._received
            self.send(ACKNOWLEDGE, struct.pack(">I", self._received & 0xFFFFFFFF))
        return data

    async def _next_whole(self) -> Message:
        while True:
            form, channel = await self._basic_head()
            stream = self._stream_of(channel)
            await self._message_head(form, stream)
            wanted = min(self._chunk_bytes, stream.size - len(stream.body))
            stream.body += await self._read(wanted)
            self._partial_bytes += wanted
            if self._partial_bytes > self.most_bytes + min(self.most_bytes, _MAX_BESIDE_BYTES):
                raise Malformed("too much is not whole yet")
            if len(stream.body) == stream.size:
                body, stream.body = bytes(stream.body), bytearray()
                self._partial_bytes -= len(body)
                return Message(stream.kind, stream.stream, stream.time_ms, body)

    async def _basic_head(self) -> tuple[int, int]:
        first = (await self._read(1))[0]
        channel = first & 63
        if channel < 2:
            more = await self._read(channel + 1)
            channel = 64 + int.from_bytes(more, "little")
        return first >> 6, channel

    def _stream_of(self, channel: int) -> _ChunkStream:
        stream = self._streams.get(channel)
        if stream is None:
            if len(self._streams) >= MAX_RTMP_CHUNK_STREAMS:
                raise Malformed("too many chunk streams")
            stream = self._streams[channel] = _ChunkStream()
        return stream

    async def _message_head(self, form: int, stream: _ChunkStream) -> None:
        begun = bool(stream.body)
        if form < 3:
            if begun:
                raise Malformed("a message begins within another")
            time = int.from_bytes(await self._read(3), "big")
            if form < 2:
                sizes = await self._read(4)
                stream.size, stream.kind = int.from_bytes(sizes[:3], "big"), sizes[3]
                if stream.size > self.most_bytes:
                    raise Malformed("a message is too long")
            if form == 0:
                stream.stream = int(struct.unpack("<I", await self._read(4))[0])
            stream.is_extended = time == _EXTENDED
            stream.step_ms = await self._extended() if stream.is_extended else time
            stream.time_ms = stream.step_ms if form == 0 else (stream.time_ms + stream.step_ms) & 0xFFFFFFFF
            return
        if stream.is_extended:
            await self._extended()
        if not begun:
            stream.time_ms = (stream.time_ms + stream.step_ms) & 0xFFFFFFFF

    async def _extended(self) -> int:
        return int.from_bytes(await self._read(4), "big")

    def _is_control(self, message: Message) -> bool:
        if message.kind not in (SET_CHUNK, ABORT, ACKNOWLEDGE, USER_CONTROL, WINDOW, BANDWIDTH):
            return False
        number = int.from_bytes(message.body[:4], "big")
        if message.kind == SET_CHUNK:
            if not 0 < number < 1 << 31:
                raise Malformed("a chunk size that is none")
            self._chunk_bytes = number
        elif message.kind == WINDOW:
            self._window_bytes = min(max(number, 4_096), _WINDOW_BYTES)
        elif message.kind == ABORT and number in self._streams:
            self._partial_bytes -= len(self._streams[number].body)
            self._streams[number].body.clear()
        elif message.kind == USER_CONTROL and message.body[:2] == struct.pack(">H", _PING):
            self.send(USER_CONTROL, struct.pack(">H", _PONG) + message.body[2:6])
        return True


def command_of(message: Message) -> list[Value]:
    """The name and the values of a command, empty for any other message; Malformed when it cannot be read."""
    if message.kind == COMMAND:
        return read_values(message.body)
    if message.kind == COMMAND_AMF3:
        return read_values(message.body[1:])  # AMF3's commands begin with AMF0 too
    return []
