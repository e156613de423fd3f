"""Reads MPEG-TS over SRT: we call, or a source calls us. One child speaks SRT, another takes the stream apart.

`srt://host:port?passphrase=…&streamid=…&latency=MS`, and with `mode=listener` we wait on that port. Passphrase: SRT's
own encryption, 10 to 79 characters. A listener takes one caller, the one with its stream id if it has one.
"""

import asyncio
import contextlib
import ipaddress
import json
import sys
from dataclasses import asdict, dataclass, field
from urllib.parse import parse_qs, urlsplit

from consentry.media.demux import DemuxWork, Write, through_child
from consentry.media.outlet import Outlet
from consentry.media.reach import dialled_ip
from consentry.media.rtsp_client import Patience
from consentry.media.source_address import Address
from consentry.media.srt_child import EXITS
from consentry.media.srt_library import MAX_STREAM_ID_BYTES
from consentry.media.units import SourceFault

MODULE = "consentry.media.srt_child"
DEFAULT_LATENCY_MS = 120
MAX_LATENCY_MS = 8_000
_READ_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class SrtOptions:
    """What the child is told. Secrets do not show in `repr`."""

    listen: bool
    ip: str
    port: int
    latency_ms: int
    connect_ms: int
    passphrase: str = field(repr=False)
    stream_id: str = field(repr=False)


async def pull_srt(address: Address, outlet: Outlet, wait: Patience) -> None:
    """Play the stream at `address` until it fails, always with a SourceFault.

    Listening on a port that is not in `wait.listen_ports` is refused: nobody opens a port by writing an address.
    """
    options = await read_options(address, wait)
    outlet.begin()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-m", MODULE, env={}, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert child.stdin is not None  # noqa: S101 - it was asked for
    try:
        child.stdin.write(json.dumps(asdict(options)).encode() + b"\n")
        first = await _first_bytes(child, options, wait)
        outlet.begin()
        work = DemuxWork("mpegts", wait.silence_s + options.latency_ms / 1_000, wait.key_frame_s)
        await through_child(work, lambda write: _feed(child, first, write), outlet)
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
        await child.wait()


def listens(address: Address) -> bool:
    """Does this address ask us to wait for a source that calls?"""
    return address.scheme == "srt" and parse_qs(urlsplit(address.url).query).get("mode", [""])[-1] == "listener"


async def read_options(address: Address, wait: Patience) -> SrtOptions:
    """What the address says; SourceFault `unreachable` for what we do not do."""
    said = {name: values[-1] for name, values in parse_qs(urlsplit(address.url).query).items()}
    listen = listens(address)
    latency, passphrase, stream_id = said.get("latency", ""), said.get("passphrase", ""), said.get("streamid", "")
    latency_ms = int(latency) if latency.isascii() and latency.isdigit() and len(latency) < 8 else DEFAULT_LATENCY_MS
    if said.get("mode", "caller") not in ("caller", "listener"):
        raise SourceFault("unreachable", "SRT calls or listens here, it has no other mode")
    if passphrase and not 10 <= len(passphrase.encode()) <= 79:
        raise SourceFault("unreachable", "a passphrase of SRT has 10 to 79 characters")
    if len(stream_id.encode()) > MAX_STREAM_ID_BYTES:
        raise SourceFault("unreachable", "a stream id of SRT has at most 512 characters")
    if listen and address.port not in wait.listen_ports:
        raise SourceFault("unreachable", "this port is not open for sources that call")
    ip = _own_ip(address.host) if listen else await dialled_ip(address.host, address.port)
    return SrtOptions(
        listen, ip, address.port, max(20, min(latency_ms, MAX_LATENCY_MS)), int(1_000 * wait.connect_s), passphrase,
        stream_id,
    )  # fmt: skip


def _own_ip(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError as error:
        raise SourceFault("unreachable", "listen on an address of this machine, 0.0.0.0 for all") from error


async def _first_bytes(child: asyncio.subprocess.Process, options: SrtOptions, wait: Patience) -> bytes:
    """Until the connection stands; a listener waits as long as nobody calls."""
    assert child.stdout is not None  # noqa: S101 - it was asked for
    try:
        async with asyncio.timeout(None if options.listen else 2 * wait.connect_s):
            first = await child.stdout.read(_READ_BYTES)
    except TimeoutError as error:
        raise SourceFault("silent", "connected, but nothing comes") from error
    if not first:
        raise SourceFault(*EXITS.get(await child.wait(), ("protocol", "no SRT connection")))
    return first


async def _feed(child: asyncio.subprocess.Process, first: bytes, write: Write) -> None:
    assert child.stdout is not None  # noqa: S101 - it was asked for
    data = first
    while data:
        await write(data)
        data = await child.stdout.read(_READ_BYTES)
    raise SourceFault("silent", "the SRT connection ended")
