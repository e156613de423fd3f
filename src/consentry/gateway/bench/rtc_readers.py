"""Viewers by WebRTC as plain as can be, in a process: aiortc's ICE and DTLS, packets counted, no picture decoded.

Run as `python -m consentry.gateway.bench.rtc_readers whep|janus PORT COUNT`; prints `{}` once all receive and keeps on:
each asks for one packet of a hundred again and reports each second, at whichever server.
"""

import asyncio
import contextlib
import json
import sys
from typing import Any

import aiohttp
import uvloop
from aiortc import (
    RTCCertificate,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceGatherer,
    RTCIceParameters,
    RTCIceTransport,
)
from aiortc.sdp import MediaDescription, SessionDescription, candidate_to_sdp

from consentry.gateway.bench.janus import MOUNTPOINT
from consentry.media.rtcp import nack, receiver_report

_ENOUGH_PACKETS = 400
_ASK_EACH = 100


class _Ice(RTCIceTransport):
    """aiortc's transport says its role only through a whole peer connection."""

    def take_role(self, *, calls: bool) -> None:
        self._connection.ice_controlling = calls


class _Line(RTCDtlsTransport):
    """Counts packets instead of routing them to receivers, which a bare transport has none of."""

    def __init__(self, ice: RTCIceTransport) -> None:
        super().__init__(ice, [RTCCertificate.generateCertificate()])
        self._set_role("client")
        self.packets = self.ssrc = self.last = 0

    async def say(self, report: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            await self._send_rtp(report)

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:  # noqa: ARG002 - aiortc's names
        self.packets += 1
        self.ssrc, self.last = int.from_bytes(data[8:12], "big"), int.from_bytes(data[2:4], "big")
        if self.packets % _ASK_EACH == 0:
            await self.say(nack(1, self.ssrc, [(self.last - 3) & 0xFFFF]))


class Reader:
    """One viewer; `calls`: it made the offer."""

    def __init__(self, *, calls: bool) -> None:
        self._calls = calls
        self._ice = _Ice(RTCIceGatherer(iceServers=[]))
        self._ice.take_role(calls=calls)
        self._dtls = _Line(self._ice)

    @property
    def packets(self) -> int:
        """How many came."""
        return self._dtls.packets

    async def describe(self, mid: str, setup: str, *, channel: bool) -> str:
        """An offer or answer with one video."""
        await self._ice.iceGatherer.gather()
        ours, (print_, *_) = self._ice.iceGatherer.getLocalParameters(), self._dtls.getLocalParameters().fingerprints
        base = [f"a=ice-ufrag:{ours.usernameFragment}", f"a=ice-pwd:{ours.password}",
                f"a=fingerprint:{print_.algorithm} {print_.value}", f"a=setup:{setup}"]  # fmt: skip
        found = [f"a=candidate:{candidate_to_sdp(one)}" for one in self._ice.iceGatherer.getLocalCandidates()]
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mid}{' c' if channel else ''}",
                 "m=video 9 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", "a=recvonly", "a=rtcp-mux",
                 "a=rtpmap:96 H264/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli",
                 "a=fmtp:96 packetization-mode=1;profile-level-id=64001f", *base, *found]  # fmt: skip
        if channel:
            lines += ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:c",
                      "a=sctp-port:5000", *base]  # fmt: skip
        return "\r\n".join(lines) + "\r\n"

    async def connect(self, theirs: MediaDescription, *, lite: bool) -> None:
        """Connect to what the other side described."""
        for candidate in theirs.ice_candidates:
            if candidate.component == 1 and candidate.protocol.lower() == "udp":
                await self._ice.addRemoteCandidate(candidate)
        if self._calls:
            await self._ice.addRemoteCandidate(None)
        said = theirs.ice or RTCIceParameters()
        await self._ice.start(RTCIceParameters(said.usernameFragment, said.password, lite))
        await self._dtls.start(theirs.dtls or RTCDtlsParameters())

    async def report(self) -> None:
        """Each second, for ever."""
        while True:
            await asyncio.sleep(1)
            if self._dtls.ssrc:
                await self._dtls.say(receiver_report(1, self._dtls.ssrc, (0, 0, self._dtls.last)))


async def by_whep(http: aiohttp.ClientSession, port: int) -> Reader:
    """A viewer of the measured process."""
    base, reader = f"http://127.0.0.1:{port}/whep", Reader(calls=True)
    async with http.post(f"{base}/challenge") as answer:
        nonce = (await answer.json())["nonce"]
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("present", json.dumps({"nonce": nonce}))
    form.add_field("offer", await reader.describe("v", "actpass", channel=True))
    async with http.post(base, data=form) as answer:
        theirs = SessionDescription.parse(await answer.text())
    await reader.connect(theirs.media[0], lite=True)
    return reader


async def by_janus(http: aiohttp.ClientSession, port: int) -> Reader:
    """A viewer of Janus' mountpoint."""
    base, reader = f"http://127.0.0.1:{port}/janus", Reader(calls=False)

    async def say(url: str, **words: object) -> dict[str, Any]:
        async with http.post(url, json={"transaction": "t", **words}) as answer:
            return dict(await answer.json())

    session = f"{base}/{(await say(base, janus='create'))['data']['id']}"
    handle = f"{session}/{(await say(session, janus='attach', plugin='janus.plugin.streaming'))['data']['id']}"
    await say(handle, janus="message", body={"request": "watch", "id": MOUNTPOINT})
    offer = None
    while offer is None:
        async with http.get(f"{session}?maxev=1") as answer:
            offer = (await answer.json()).get("jsep")
    theirs = SessionDescription.parse(offer["sdp"])
    answered = await reader.describe(theirs.media[0].rtp.muxId, "active", channel=False)
    await say(handle, janus="message", body={"request": "start"}, jsep={"type": "answer", "sdp": answered})
    await reader.connect(theirs.media[0], lite=False)
    asyncio.get_running_loop().create_task(_keep_alive(http, session))
    return reader


async def _keep_alive(http: aiohttp.ClientSession, session: str) -> None:
    while True:
        async with http.get(f"{session}?maxev=5") as answer:
            await answer.read()


async def read(server: str, port: int, count: int) -> None:
    """Connect all, say so when all receive, go on until stopped."""
    async with aiohttp.ClientSession(headers={"Origin": f"http://127.0.0.1:{port}"}) as http:
        join = by_whep if server == "whep" else by_janus
        readers = [await join(http, port) for _ in range(count)]
        reports = [asyncio.create_task(reader.report()) for reader in readers]
        while not all(reader.packets > _ENOUGH_PACKETS for reader in readers):  # noqa: ASYNC110 - counters
            await asyncio.sleep(0.05)
        sys.stdout.write("{}\n")
        sys.stdout.flush()
        await asyncio.gather(*reports)


if __name__ == "__main__":
    uvloop.run(read(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
