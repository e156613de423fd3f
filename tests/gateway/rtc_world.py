"""A viewer by WebRTC for tests: aiortc's own full stack, a second implementation of everything we wrote."""

import asyncio
import json
from typing import Any

import aiohttp
import av
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from tests.gateway.world import ORIGIN, Viewer

from consentry.kernel.canonical import from_b64, to_b64

SUBPROTOCOL = "consentry.view.1"


class RtcViewer(Viewer):
    """`frames`: pictures as decoded, `texts`: what came by the data channel; the rest as the WebSocket's viewer."""

    def __init__(self, *args: Any, **private: Any) -> None:
        super().__init__(*args, **private)
        self.frames: list[av.VideoFrame] = []
        self.ended_event = asyncio.Event()
        self.location = self.answer = ""
        self.status = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/whep"

    async def prepare(self) -> "RtcViewer":
        """A connection with its offer."""
        self.http = await self._stack.enter_async_context(aiohttp.ClientSession(headers={"Origin": ORIGIN}))
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.channel = self.peer.createDataChannel(SUBPROTOCOL, negotiated=True, id=0)
        self.channel.on("message", self._hear)
        self.peer.addTransceiver("video", direction="recvonly")
        self.peer.on("track", lambda track: setattr(self, "reading", asyncio.ensure_future(self._watch(track))))
        await self.peer.setLocalDescription(await self.peer.createOffer())
        return self

    async def challenge(self) -> None:
        async with self.http.post(self.url + "/challenge") as answer:
            assert answer.status == 201
            self.nonce = from_b64((await answer.json())["nonce"], length=32)

    async def post(self, **other: Any) -> int:
        """Present and offer; the status."""
        present = self.message(nonce=to_b64(self.nonce)) | other
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("present", json.dumps(present))
        form.add_field("offer", self.peer.localDescription.sdp)
        async with self.http.post(self.url, data=form) as answer:
            self.status, self.answer = answer.status, await answer.text()
            self.location = answer.headers.get("Location", "")
        return self.status

    async def look(self) -> "RtcViewer":
        await self.prepare()
        await self.challenge()
        assert await self.post() == 201, self.answer
        await self.peer.setRemoteDescription(RTCSessionDescription(self.answer, "answer"))
        return self

    def _hear(self, text: str) -> None:
        self.texts.append(json.loads(text))
        if self.texts[-1]["type"] in ("end", "error"):
            self.ended_event.set()

    async def _watch(self, track: Any) -> None:
        try:
            while True:
                self.frames.append(await track.recv())
        except MediaStreamError:
            self.ended_event.set()

    async def ended(self, timeout_s: float = 8) -> str | None:
        await asyncio.wait_for(self.ended_event.wait(), timeout_s)
        return next((text["reason"] for text in self.texts if text["type"] == "end"), None)

    async def close(self) -> None:
        if hasattr(self, "peer"):
            await self.peer.close()
        await super().close()
