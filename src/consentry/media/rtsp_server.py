"""A small real RTSP server (TCP interleaved) that plays published access units; the demo city's cameras speak it.

Bound to loopback unless told otherwise. A client starts at the next key frame; one that reads too slowly loses
pictures up to the next key frame and nobody else notices.
"""

import asyncio
import secrets
import ssl
import struct
import time
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import quote, urlsplit

from consentry.kernel.errors import Malformed
from consentry.media import rtp_h264, rtp_h265
from consentry.media.aac import write_payload
from consentry.media.aac_shape import read_config
from consentry.media.coding import sets_of
from consentry.media.rtp import NTP_EPOCH_S, RtpPacket, write_rtp
from consentry.media.rtsp_auth import Credentials, check_digest, digest_challenge
from consentry.media.rtsp_framing import RtspFraming, RtspMessage, write_message
from consentry.media.sdp import write_aac, write_g711, write_video
from consentry.media.units import AccessUnit, SoundUnit

_PAYLOAD_TYPE, _SOUND_TYPE = 96, 97
_G711_TYPES = {"pcma": 8, "pcmu": 0}
_PICTURES, _SOUND = "trackID=0", "trackID=1"
_METHODS = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
_REPORT_EVERY_US = 1_000_000
MAX_UNSENT_BYTES = 4_194_304
MAX_CLIENTS = 256


@dataclass
class _Stream:
    parameter_sets: tuple[bytes, ...] = ()
    codec: str = "h264"
    config: bytes = b""
    sound: str = ""
    players: set["_Player"] = field(default_factory=set)


class RtspServer:
    """Serves streams by path. `credentials`: digest authentication for every path if given; `tls`: rtsps.

    `session_s`: who says nothing for so long is dropped, as cameras do; None: nobody is.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, *, credentials: Credentials | None = None,
        tls: ssl.SSLContext | None = None, session_s: int | None = None,
    ) -> None:  # fmt: skip
        self.credentials, self.session_s, self._tls = credentials, session_s, tls
        self.connections: set[_Player] = set()
        self._host, self._port = host, port
        self._streams: dict[str, _Stream] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Bind and listen; OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Player(self), self._host, self._port, ssl=self._tls)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the listener and every connection."""
        if self._server is not None:
            self._server.close()
        for player in list(self.connections):
            player.abort()

    def url_of(self, path: str) -> str:
        """The address of `path`, with the credentials if there are any."""
        who = self.credentials
        login = f"{quote(who.user, safe='')}:{quote(who.password, safe='')}@" if who else ""
        return f"rtsp{'s' if self._tls else ''}://{login}{self._host}:{self._port}/{path.strip('/')}"

    def publish(self, path: str, unit: AccessUnit) -> None:
        """Send `unit` to everybody who plays `path`; the first one makes the path known."""
        stream = self._streams.setdefault(path.strip("/"), _Stream())
        if unit.key:
            stream.parameter_sets, stream.codec = sets_of(unit), unit.codec
        if stream.players:
            payloads = list((rtp_h265 if unit.codec == "h265" else rtp_h264).split_nals(unit.nals))
            for player in list(stream.players):
                player.send(unit, payloads)

    def publish_sound(self, path: str, unit: SoundUnit) -> None:
        """Send one piece of AAC or G.711 to who plays the sound of `path` too; the first makes it known."""
        stream = self._streams.setdefault(path.strip("/"), _Stream())
        stream.config, stream.sound = unit.config, unit.codec
        for player in list(stream.players):
            player.send_sound(unit)

    def listeners(self, path: str) -> int:
        """How many have set up the sound of `path`."""
        stream = self.find_stream(path)
        return sum(player.hears for player in stream.players) if stream else 0

    def awaits_key(self, path: str) -> bool:
        """Does somebody who plays `path` wait for a key frame? A real camera makes one then, not at its next turn."""
        stream = self.find_stream(path)
        return stream is not None and any(player.waiting for player in stream.players)

    def withdraw(self, path: str) -> None:
        """Forget `path` and drop whoever plays it, as a camera does that loses power."""
        stream = self._streams.pop(path.strip("/"), None)
        for player in list(stream.players) if stream else []:
            player.abort()

    def find_stream(self, path: str) -> _Stream | None:
        """The stream at `path`."""
        return self._streams.get(path.strip("/"))


class _Player(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, server: RtspServer) -> None:
        self._server = server
        self._framing = RtspFraming(_pass_over, self._take)
        self._nonce = secrets.token_hex(16)
        self._session = secrets.token_hex(8)
        self._ssrc = secrets.randbits(32)
        self._sequence = secrets.randbits(16)
        self._channel: int | None = None
        self._sound_channel: int | None = None
        self._sound_sequence = secrets.randbits(16)
        self._stream: _Stream | None = None
        self.waiting = True
        self._reported_us = 0
        self._heard_s = time.monotonic()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one, but not by class
        if len(self._server.connections) >= MAX_CLIENTS:
            self._transport.abort()
            return
        self._server.connections.add(self)

    def connection_lost(self, _reason: Exception | None) -> None:
        """Called by asyncio."""
        self._server.connections.discard(self)
        self._leave()

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        try:
            self._framing.feed(data)
        except Malformed:
            self.abort()

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def send(self, unit: AccessUnit, payloads: list[bytes]) -> None:
        """Send one picture, or skip to the next key frame while the client is behind."""
        transport, lives_s = self._transport, self._server.session_s
        if transport is None or self._channel is None or transport.is_closing():
            return
        if lives_s is not None and time.monotonic() - self._heard_s > lives_s:
            self.abort()
            return
        if transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self.waiting = True
            return
        if self.waiting and not unit.key:
            return
        self.waiting = False
        rtp_time = unit.ts_us * 9 // 100 & 0xFFFFFFFF
        parts: list[bytes] = []
        if abs(unit.wallclock_us - self._reported_us) >= _REPORT_EVERY_US:
            self._reported_us = unit.wallclock_us
            self._frame(parts, self._channel + 1, _sender_report(self._ssrc, unit.wallclock_us, rtp_time))
        for index, payload in enumerate(payloads):
            packet = RtpPacket(_PAYLOAD_TYPE, index == len(payloads) - 1, self._sequence, rtp_time, payload)
            self._sequence = (self._sequence + 1) & 0xFFFF
            self._frame(parts, self._channel, write_rtp(packet, self._ssrc))
        transport.write(b"".join(parts))

    @property
    def hears(self) -> bool:
        """Was the sound set up?"""
        return self._sound_channel is not None

    def send_sound(self, unit: SoundUnit) -> None:
        """Send one frame of sound; a client that is behind goes without."""
        transport = self._transport
        if transport is None or self._sound_channel is None or transport.is_closing():
            return
        if self.waiting or transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            return
        rate_hz, number, payload = 8_000, _G711_TYPES.get(unit.codec, _SOUND_TYPE), unit.data
        if unit.codec == "aac":
            rate_hz, payload = read_config(unit.config).rate_hz, write_payload(unit.data)
        rtp_time = unit.ts_us * rate_hz // 1_000_000 & 0xFFFFFFFF
        packet = RtpPacket(number, True, self._sound_sequence, rtp_time, payload)
        self._sound_sequence = (self._sound_sequence + 1) & 0xFFFF
        parts: list[bytes] = []
        self._frame(parts, self._sound_channel, write_rtp(packet, self._ssrc ^ 1))
        transport.write(b"".join(parts))

    @staticmethod
    def _frame(parts: list[bytes], channel: int, data: bytes) -> None:
        parts.append(struct.pack(">BBH", 0x24, channel, len(data)))
        parts.append(data)

    def _leave(self) -> None:
        if self._stream is not None:
            self._stream.players.discard(self)
        self._stream = None

    def _take(self, message: RtspMessage) -> None:
        self._heard_s = time.monotonic()
        method, _, rest = message.start.partition(" ")
        url = rest.rpartition(" ")[0]
        who = self._server.credentials
        if who and method != "OPTIONS" and not check_digest(message.header("authorization"), who, method, self._nonce):
            self._answer(message, "401 Unauthorized", {"WWW-Authenticate": digest_challenge("consentry", self._nonce)})
            return
        handlers = {"DESCRIBE": self._describe, "SETUP": self._setup, "PLAY": self._play, "TEARDOWN": self._teardown}
        if method in ("OPTIONS", "GET_PARAMETER"):
            self._answer(message, "200 OK", {"Public": _METHODS})
        elif method in handlers:
            handlers[method](message, url)
        else:
            self._answer(message, "501 Not Implemented", {})

    def _answer(self, message: RtspMessage, status: str, headers: dict[str, str], body: bytes = b"") -> None:
        if self._transport is not None:
            head = {"CSeq": message.header("cseq", "0"), **headers}
            self._transport.write(write_message(f"RTSP/1.0 {status}", head, body))

    def _describe(self, message: RtspMessage, url: str) -> None:
        stream = self._server.find_stream(urlsplit(url).path)
        if stream is None:
            self._answer(message, "404 Not Found", {})
            return
        sdp = write_video(stream.parameter_sets, stream.codec, payload_type=_PAYLOAD_TYPE, control=_PICTURES)
        if stream.sound == "aac":
            sdp += write_aac(stream.config, payload_type=_SOUND_TYPE, control=_SOUND)
        elif stream.sound:
            sdp += write_g711(stream.sound, control=_SOUND)
        headers = {"Content-Type": "application/sdp", "Content-Base": url.rstrip("/") + "/"}
        self._answer(message, "200 OK", headers, sdp.encode())

    def _setup(self, message: RtspMessage, url: str) -> None:
        options = dict(part.partition("=")[::2] for part in message.header("transport").split(";"))
        channel = options.get("interleaved", "0-1").partition("-")[0]
        path, _, track = urlsplit(url).path.rpartition("/")
        stream = self._server.find_stream(path)
        if "RTP/AVP/TCP" not in options or not channel.isdigit() or int(channel) > 254:
            self._answer(message, "461 Unsupported Transport", {})
        elif stream is None:
            self._answer(message, "404 Not Found", {})
        else:
            if track == _SOUND:
                self._sound_channel = int(channel)
            else:
                self._leave()
                self._stream, self._channel = stream, int(channel)
            lives_s = self._server.session_s or 60
            transport = f"RTP/AVP/TCP;unicast;interleaved={channel}-{int(channel) + 1};ssrc={self._ssrc:08X}"
            self._answer(message, "200 OK", {"Transport": transport, "Session": f"{self._session};timeout={lives_s}"})

    def _play(self, message: RtspMessage, _url: str) -> None:
        if self._stream is None:
            self._answer(message, "455 Method Not Valid in This State", {})
            return
        self._answer(message, "200 OK", {"Session": self._session, "Range": "npt=now-"})
        self.waiting = True
        self._stream.players.add(self)

    def _teardown(self, message: RtspMessage, _url: str) -> None:
        self._leave()
        self._answer(message, "200 OK", {"Session": self._session})


def _pass_over(_channel: int, _data: bytes) -> None:
    """Receiver reports of clients need no answer."""


def _sender_report(ssrc: int, wallclock_us: int, rtp_time: int) -> bytes:
    seconds, micros = divmod(wallclock_us or time.time_ns() // 1_000, 1_000_000)
    ntp = ((seconds + NTP_EPOCH_S) & 0xFFFFFFFF, (micros << 32) // 1_000_000)
    return struct.pack(">BBHIIIIII", 0x80, 200, 6, ssrc, *ntp, rtp_time, 0, 0)
