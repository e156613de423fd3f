"""Our own RTSP client: TCP interleaved, digest and basic authentication, one camera per connection, no decoding.

`pull` is one connection and ends with a SourceFault; `media/pulling` dials again with back-off. Pictures go to a
synchronous sink on the event loop, so nothing queues up here.
"""

import asyncio
import ssl
import time
from dataclasses import dataclass

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import SOURCE_SILENCE_S
from consentry.media.certificate import check_certificate, tls_for, unknown_certificate
from consentry.media.outlet import Outlet
from consentry.media.reach import dialled_socket
from consentry.media.rtsp_auth import answer_challenge, parse_parameters
from consentry.media.rtsp_framing import RtspMessage
from consentry.media.rtsp_link import SOUND_CHANNELS, RtspLink
from consentry.media.sdp import control_url, find_sound, find_video
from consentry.media.source_address import Address, parse_source
from consentry.media.units import SourceFault


@dataclass(frozen=True, slots=True)
class Patience:
    """How long we wait, in seconds: to connect, for an answer, for the next packet, for a key frame; and back-off.

    A camera that comes back is read again within `last_retry_s`. One that refuses our password is asked every
    `refused_retry_s` only: many lock the account after a few tries.
    """

    connect_s: float = 5.0
    answer_s: float = 5.0
    silence_s: float = SOURCE_SILENCE_S
    key_frame_s: float = 20.0
    first_retry_s: float = 0.5
    last_retry_s: float = 8.0
    refused_retry_s: float = 60.0
    listen_ports: range = range(0)


@dataclass(frozen=True, slots=True)
class _Playing:
    url: str
    keep_alive_method: str
    keep_alive_s: float


def parse_address(url: str) -> Address:
    """Take an `rtsp://` or `rtsps://` URL apart; SourceFault `unreachable` when it is not one."""
    address = parse_source(url)
    if address.scheme not in ("rtsp", "rtsps"):
        raise SourceFault("unreachable", "this is not an RTSP address (rtsp://host:port/path)")
    return address


async def pull(url: str, outlet: Outlet, patience: Patience | None = None) -> None:
    """Play the camera at `url` into `outlet` until it fails or the task is cancelled.

    Args:
        outlet: its sink takes each access unit on the event loop, the first one a key unit; told `connecting`, then
            `online` at the first picture. The camera's sound is set up only where the outlet takes sound.

    Raises:
        SourceFault: always, in the end; `kind` says what is wrong.
    """
    address = parse_address(url)
    wait = patience or Patience()
    outlet.on_state("connecting")
    outlet.timeline.restart()
    link = RtspLink(outlet)
    await _connect(link, address, wait.connect_s)
    talk = _Dialogue(link, address, wait.answer_s)
    alive: asyncio.Task[None] | None = None
    try:
        playing = await _start(talk, link, address)
        alive = asyncio.create_task(_keep_alive(talk, playing, link))
        await _watch(link, wait)
    except Malformed as error:
        raise SourceFault("protocol", str(error)) from error
    finally:
        if alive is not None:
            alive.cancel()
        link.close()


async def _connect(link: RtspLink, address: Address, connect_s: float) -> None:
    """Nothing is sent here: over TLS the camera shows its certificate first."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(connect_s):
            line = await dialled_socket(address.host, address.port)
            name = address.host if address.encrypted else None
            transport, _ = await loop.create_connection(
                lambda: link, sock=line, ssl=tls_for(address), server_hostname=name
            )
    except ssl.SSLCertVerificationError as error:
        raise unknown_certificate(address) from error
    except (OSError, TimeoutError) as error:
        reason = getattr(error, "strerror", None) or "no answer"
        raise SourceFault("unreachable", f"cannot connect to {address.host}:{address.port}: {reason}") from error
    check_certificate(address, transport)


class _Dialogue:
    """Requests with authentication: a challenge is answered once; a stale nonce again."""

    def __init__(self, link: RtspLink, address: Address, answer_s: float) -> None:
        self._link = link
        self._who = address.credentials
        self._answer_s = answer_s
        self._challenges: tuple[str, ...] = ()
        self.session = ""

    async def ask(self, method: str, url: str, **headers: str) -> RtspMessage:
        """The camera's answer with a status below 300, else SourceFault."""
        answer = await self._link.ask(method, url, self._headers(method, url, headers), self._answer_s)
        if answer.status == 401 and self._who is not None and self._may_try(answer):
            answer = await self._link.ask(method, url, self._headers(method, url, headers), self._answer_s)
        return _check(answer, method)

    def _may_try(self, answer: RtspMessage) -> bool:
        asked = answer.headers.get("www-authenticate", ())
        stale = any(parse_parameters(challenge).get("stale", "").lower() == "true" for challenge in asked)
        tried, self._challenges = bool(self._challenges), asked
        return stale or not tried

    def _headers(self, method: str, url: str, extra: dict[str, str]) -> dict[str, str]:
        headers = dict(extra)
        if self.session:
            headers["Session"] = self.session
        if self._who is not None and self._challenges:
            answer = answer_challenge(self._challenges, self._who, method, url)
            if answer:
                headers["Authorization"] = answer
        return headers


def _check(answer: RtspMessage, method: str) -> RtspMessage:
    status = answer.status or 0
    if 200 <= status < 300:
        return answer
    if status in (401, 403):
        raise SourceFault("unauthorised", "the camera refuses this user name and password")
    if status in (404, 454):
        raise SourceFault("not-found", "the camera has no stream at this path")
    raise SourceFault("protocol", f"the camera answers {method} with status {status}")


async def _start(talk: _Dialogue, link: RtspLink, address: Address) -> _Playing:
    """OPTIONS, DESCRIBE, SETUP, PLAY."""
    options = await talk.ask("OPTIONS", address.url)
    described = await talk.ask("DESCRIBE", address.url, Accept="application/sdp")
    sdp = described.body.decode("utf-8", "replace")
    track = find_video(sdp)
    base = described.header("content-base") or described.header("content-location") or address.url
    setup = await talk.ask("SETUP", control_url(base, track.control), Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
    if "interleaved=0-1" not in setup.header("transport").replace(" ", ""):
        raise SourceFault("protocol", "the camera does not send over TCP")
    session, _, options_text = setup.header("session").partition(";")
    talk.session = session.strip()
    timeout = parse_parameters(options_text).get("timeout", "")
    link.expect(track)
    await _set_up_sound(talk, link, base, sdp)
    await talk.ask("PLAY", base, Range="npt=0.000-")
    link.last_packet_s = time.monotonic()
    method = "GET_PARAMETER" if "GET_PARAMETER" in options.header("public") else "OPTIONS"
    return _Playing(base, method, max(1.0, min((float(timeout) if timeout.isdigit() else 60) / 2, 25.0)))


async def _set_up_sound(talk: _Dialogue, link: RtspLink, base: str, sdp: str) -> None:
    """Ask for the sound too, if somebody may hear it. A camera that will not give it is seen all the same."""
    track = find_sound(sdp) if link.takes_sound else None
    if track is None:
        return
    try:
        url, transport = control_url(base, track.control), f"RTP/AVP/TCP;unicast;interleaved={SOUND_CHANNELS}"
        setup = await talk.ask("SETUP", url, Transport=transport)
    except SourceFault as fault:
        if fault.kind not in ("protocol", "not-found"):
            raise
        return
    if f"interleaved={SOUND_CHANNELS}" in setup.header("transport").replace(" ", ""):
        link.expect_sound(track)


async def _keep_alive(talk: _Dialogue, playing: _Playing, link: RtspLink) -> None:
    while True:
        await asyncio.sleep(playing.keep_alive_s)
        try:
            await talk.ask(playing.keep_alive_method, playing.url)
        except SourceFault as fault:
            if fault.kind == "unauthorised":
                link.fail(fault)  # others are left to the watchdog: some cameras never answer this


async def _watch(link: RtspLink, wait: Patience) -> None:
    """Until the first fault. A timer looks, not a task: a gateway has hundreds of cameras."""
    loop, started_s = asyncio.get_running_loop(), time.monotonic()
    timer: asyncio.TimerHandle | None = None

    def look() -> None:
        nonlocal timer
        now_s = time.monotonic()
        if now_s - link.last_packet_s > wait.silence_s:
            link.fail(SourceFault("silent", f"no packet for {wait.silence_s:g} s"))
        elif not link.has_picture and now_s - started_s > wait.key_frame_s:
            link.fail(SourceFault("no-key-frame", f"no key frame within {wait.key_frame_s:g} s"))
        else:
            timer = loop.call_later(min(0.5, wait.silence_s / 4), look)

    look()
    try:
        await asyncio.wait((link.fault,))
    finally:
        if timer is not None:
            timer.cancel()
    link.fault.result()
