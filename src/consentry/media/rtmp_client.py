"""Plays a stream of an RTMP server: we dial, connect, play."""

import asyncio
import ssl
from urllib.parse import urlsplit

from consentry.kernel.errors import Malformed
from consentry.media.amf0 import Value
from consentry.media.certificate import check_certificate, tls_for, unknown_certificate
from consentry.media.flv_sound import FlvSound
from consentry.media.flv_video import FlvVideo
from consentry.media.outlet import Outlet
from consentry.media.reach import dialled_socket
from consentry.media.rtmp_link import AUDIO, VIDEO, RtmpLink, command_of
from consentry.media.rtsp_client import Patience
from consentry.media.source_address import Address
from consentry.media.units import SourceFault

# What servers say (`code` of a status), and what it means to us; the rest that is an error is a `protocol` fault.
_FAULTS = {
    "NetConnection.Connect.Rejected": "unauthorised", "NetStream.Play.Failed": "not-found",
    "NetStream.Play.StreamNotFound": "not-found", "NetStream.Play.Stop": "silent",
    "NetStream.Play.UnpublishNotify": "silent",
}  # fmt: skip


async def pull_rtmp(address: Address, outlet: Outlet, wait: Patience) -> None:
    """Play the stream at `address` until it fails, always with a SourceFault."""
    outlet.begin()
    try:
        async with asyncio.timeout(wait.connect_s):
            line = await dialled_socket(address.host, address.port)
            name = address.host if address.encrypted else None
            reader, writer = await asyncio.open_connection(sock=line, ssl=tls_for(address), server_hostname=name)
            check_certificate(address, writer.transport)
    except ssl.SSLCertVerificationError as error:
        raise unknown_certificate(address) from error
    except (OSError, TimeoutError) as error:
        reason = getattr(error, "strerror", None) or "no answer"
        raise SourceFault("unreachable", f"cannot connect to {address.host}:{address.port}: {reason}") from error
    try:
        await _play(RtmpLink(reader, writer), address, outlet, wait)
    except Malformed as error:
        raise SourceFault("protocol", str(error)) from error
    except TimeoutError as error:
        raise SourceFault("silent", "no message in time") from error
    except (OSError, asyncio.IncompleteReadError) as error:
        raise SourceFault("silent" if outlet.has_picture else "unreachable", "the server closed the line") from error
    finally:
        writer.transport.abort()


async def _play(link: RtmpLink, address: Address, outlet: Outlet, wait: Patience) -> None:
    parts = urlsplit(address.url)
    app, _, name = parts.path.lstrip("/").partition("/")
    async with asyncio.timeout(wait.answer_s):
        await link.greet()
        target = f"{address.scheme}://{parts.netloc}/{app}"
        link.say("connect", 1.0, {"app": app, "flashVer": "LNX 9,0,124,2", "tcUrl": target, "fpad": False,
                                  "capabilities": 15.0, "audioCodecs": 4071.0, "videoCodecs": 252.0})  # fmt: skip
        await _result(link, 1.0)
        link.set_sizes()
        link.say("createStream", 2.0, None)
        stream = await _result(link, 2.0)
        if not isinstance(stream, float) or not 0 <= stream < 1 << 32:
            raise SourceFault("protocol", "the server gives no stream")
        link.say("play", 3.0, None, f"{name}?{parts.query}" if parts.query else name, stream=int(stream))
        await link.drain()
    await _watch(link, outlet, wait)


async def _watch(link: RtmpLink, outlet: Outlet, wait: Patience) -> None:
    video, sound = FlvVideo(outlet), FlvSound(outlet)
    while True:
        left_s = outlet.left_s(wait.silence_s, wait.key_frame_s)
        async with asyncio.timeout(left_s):
            message = await link.next()
        if message.kind == VIDEO:
            video.take(message.body, message.time_ms)
        elif message.kind == AUDIO:
            sound.take(message.body, message.time_ms)
        else:
            _check(command_of(message))


async def _result(link: RtmpLink, number: float) -> Value:
    """The last value of the answer to command `number`."""
    while True:
        said = command_of(await link.next())
        _check(said)
        if said[:2] == ["_result", number]:
            return said[-1]


def _check(said: list[Value]) -> None:
    """SourceFault when a command says that there will be nothing."""
    if not said or said[0] not in ("_error", "onStatus"):
        return
    info = next((value for value in reversed(said) if isinstance(value, dict)), {})
    code = str(info.get("code", ""))
    if code in _FAULTS:
        raise SourceFault(_FAULTS[code], "the server does not play this stream")
    if said[0] == "_error" or info.get("level") == "error":
        raise SourceFault("protocol", "the server refuses")
