"""Takes what cameras, encoders and drones push by RTMP. Whoever publishes needs a key; nothing is played from here.

The stream's name is the key (`push_places`). What is not let in, an unknown key or a second publisher, is closed a
fixed time later with the same words, so that neither says why.
"""

import asyncio
import logging
import time
from collections.abc import Mapping

from consentry.kernel.errors import ConsentryError, Malformed
from consentry.kernel.limits import MAX_RTMP_LINES, MAX_UNIT_BYTES, PUSH_REFUSED_S, RTMP_PUBLISH_S, SOURCE_SILENCE_S
from consentry.media.amf0 import Value
from consentry.media.flv_sound import FlvSound
from consentry.media.flv_video import FlvVideo
from consentry.media.outlet import Outlet
from consentry.media.push_places import PushPlaces
from consentry.media.rtmp_link import AUDIO, VIDEO, RtmpLink, command_of
from consentry.media.units import SourceFault

_log = logging.getLogger(__name__)
Entered = tuple[str, Outlet]
_STREAM = 1.0
# Commands before a key was shown are short.
_MAX_EARLY_BYTES = 65_536
_CONNECTED: Mapping[str, Value] = {
    "level": "status", "code": "NetConnection.Connect.Success", "description": "connected", "objectEncoding": 0.0,
}  # fmt: skip
_STARTED: Mapping[str, Value] = {"level": "status", "code": "NetStream.Publish.Start", "description": "publishing"}
_REFUSED: Mapping[str, Value] = {"level": "error", "code": "NetStream.Publish.BadName", "description": "refused"}


class RtmpServer:
    """Listens; `places` says what may be pushed to. One publisher at a place."""

    def __init__(self, places: PushPlaces, host: str = "127.0.0.1", port: int = 0) -> None:
        self.port = port
        self._places, self._host = places, host
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, self._host, self.port, backlog=64)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the listener and every line."""
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= MAX_RTMP_LINES:
            writer.transport.abort()
            return
        self._open.add(writer)
        entered: Entered | None = None
        try:
            link = RtmpLink(reader, writer, _MAX_EARLY_BYTES)
            async with asyncio.timeout(RTMP_PUBLISH_S):
                entered = await self._admit(link, writer)
            if entered is not None:
                link.most_bytes = MAX_UNIT_BYTES
                await _take(link, entered[1])
        except (ConsentryError, OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            kind = error.kind if isinstance(error, SourceFault) else _kind_of(error)
            _log.info("a push ended: %s (%s)", kind, type(error).__name__)
            if entered is not None:
                entered[1].on_state(kind)
        finally:
            self._open.discard(writer)
            if entered is not None:
                self._places.leave(entered[0])
            writer.transport.abort()

    async def _admit(self, link: RtmpLink, writer: asyncio.StreamWriter) -> Entered | None:
        """The place whose key was shown, now taken; None when it was refused and told so."""
        await link.answer_greeting()
        while True:
            said = command_of(await link.next())
            name = said[0] if said else ""
            number = said[1] if len(said) > 1 else 0.0
            if name == "connect":
                link.set_sizes()
                link.say("_result", number, {"fmsVer": "FMS/3,0,1,123", "capabilities": 31.0}, dict(_CONNECTED))
            elif name == "createStream":
                link.say("_result", number, None, _STREAM)
            elif name == "publish":
                return await self._admit_key(link, writer, said[3] if len(said) > 3 else "")
            elif name == "play":
                raise Malformed("nothing is played from here")
            await link.drain()

    async def _admit_key(self, link: RtmpLink, writer: asyncio.StreamWriter, key: Value) -> Entered | None:
        asked_s = time.monotonic()
        entered = self._places.enter(str(key).partition("?")[0], writer.transport.abort)
        if entered is not None:
            link.say("onStatus", 0.0, None, dict(_STARTED), stream=int(_STREAM))
            return entered  # without waiting: from here on somebody must leave the place again
        await asyncio.sleep(max(0.0, asked_s + PUSH_REFUSED_S - time.monotonic()))
        link.say("onStatus", 0.0, None, dict(_REFUSED), stream=int(_STREAM))
        await link.drain()
        return None


async def _take(link: RtmpLink, outlet: Outlet) -> None:
    """Pictures to `outlet` until the publisher stops or is silent."""
    outlet.begin()
    video, sound = FlvVideo(outlet), FlvSound(outlet)
    while True:
        async with asyncio.timeout(outlet.left_s(SOURCE_SILENCE_S, RTMP_PUBLISH_S)):
            message = await link.next()
        if message.kind == VIDEO:
            video.take(message.body, message.time_ms)
        elif message.kind == AUDIO:
            sound.take(message.body, message.time_ms)
        elif (command_of(message) or [""])[0] in ("FCUnpublish", "deleteStream", "closeStream"):
            raise SourceFault("silent", "the publisher stopped")


def _kind_of(error: Exception) -> str:
    return "protocol" if isinstance(error, Malformed) else "silent"
