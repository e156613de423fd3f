"""What this gateway has at Janus: a mountpoint per camera that somebody looks at, a session per viewer.

Nobody is given a way to Janus' signalling: the gateway speaks for each viewer, and a viewer is cut by destroying its
session, as mountpoints' pins and tokens do not stop who already looks.
"""

import asyncio
import base64
import contextlib
import logging
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from consentry.gateway.janus_feed import PAYLOAD_TYPE, SRTP_KEY_BYTES, JanusFeed
from consentry.gateway.janus_line import Handle, JanusLine, JanusSecrets, Words
from consentry.gateway.posted import PostedViewer
from consentry.gateway.viewer import Beginning, Shot
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import CameraId, GatewayId, SessionId
from consentry.kernel.limits import JANUS_END_S

_log = logging.getLogger(__name__)
# Browsers decode every profile that we carry; this one they all offer.
_FMTP = "packetization-mode=1;profile-level-id=42e01f"


class JanusViewer(PostedViewer):
    """One viewer whose pictures Janus carries. `is_up`: its connection to Janus stands; `name`: once it is admitted."""

    name: SessionId

    def __init__(self) -> None:
        super().__init__()
        self.is_up = False
        self.feed: JanusFeed | None = None
        self.at: Handle | None = None

    def begin(self, beginning: Beginning, shots: tuple[Shot, ...] = ()) -> None:
        """See `Viewer`. Before the connection stands nothing is sent: `show_again` asks once more."""
        self.say(beginning.told)
        if self.is_up and self.feed is not None:
            self.feed.join(self, shots)

    def push(self, shot: Shot) -> None:
        """See `Viewer`."""
        if self.is_up and self.feed is not None:
            self.feed.take(shot)


@dataclass
class _Mount:
    number: int
    pin: str = field(repr=False)
    feed: JanusFeed


class JanusStage:
    """`lost`: called for a viewer whose pictures Janus carries no more. Owned by the event loop."""

    def __init__(self, url: str, keys: JanusSecrets, gateway: GatewayId, lost: Callable[[JanusViewer], None]) -> None:
        self.line = JanusLine(url, keys, self._line_lost)
        self._host, self._mark, self._lost = urlsplit(url).hostname or "", f"consentry {gateway}", lost
        self._mounts: dict[CameraId, _Mount] = {}
        self._keeper: Handle | None = None
        self._lock = asyncio.Lock()
        self._cuts: set[asyncio.Task[None]] = set()

    async def seat(self, camera: CameraId, viewer: JanusViewer, heard: Callable[[Words], None]) -> str:
        """A place at `camera`'s mountpoint: what Janus offers the viewer (SDP). Unavailable."""
        async with self._lock:
            mount = self._mounts.get(camera) or await self._make(camera)
            mount.feed.seats.add(viewer)
            viewer.feed = mount.feed
        viewer.left = lambda: self._cut_soon(camera, viewer)
        viewer.at = await self.line.attach(heard)
        said = await self.line.message(viewer.at, {"request": "watch", "id": mount.number, "pin": mount.pin})
        offer = (said["jsep"] or {}).get("sdp")
        if not isinstance(offer, str):
            raise Unavailable("Janus offers nothing", kind="janus")
        return offer

    async def start(self, viewer: JanusViewer, answer: str) -> None:
        """The viewer's answer. Unavailable."""
        if viewer.at is None:
            raise Unavailable("no place at Janus", kind="janus")
        await self.line.message(viewer.at, {"request": "start"}, answer)

    async def close(self) -> None:
        """Cut what is left and hang up."""
        if self._cuts:
            await asyncio.wait(self._cuts, timeout=2 * JANUS_END_S)
        for mount in self._mounts.values():
            mount.feed.close()
        await self.line.close()

    def _cut_soon(self, camera: CameraId, viewer: JanusViewer) -> None:
        feed = viewer.feed
        if feed is None or feed.is_closed:
            return
        feed.leave(viewer)
        feed.hold()
        task = asyncio.get_running_loop().create_task(self._cut(camera, viewer, feed))
        self._cuts.add(task)
        task.add_done_callback(self._cuts.discard)

    async def _cut(self, camera: CameraId, viewer: JanusViewer, feed: JanusFeed) -> None:
        try:
            if viewer.at is not None:
                await self.line.destroy(viewer.at.session, JANUS_END_S)
        except Unavailable:
            _log.warning("Janus did not confirm an end; camera %s stops there for everybody", camera)
            self._stop(camera, feed)
        finally:
            feed.release()
        feed.seats.discard(viewer)
        with contextlib.suppress(Unavailable):
            await self._unmount_unwatched(camera)

    async def _unmount_unwatched(self, camera: CameraId) -> None:
        async with self._lock:
            mount = self._mounts.get(camera)
            if mount is None or mount.feed.seats:
                return
            del self._mounts[camera]
            mount.feed.close()
            if self._keeper is not None:
                await self.line.message(self._keeper, {"request": "destroy", "id": mount.number})

    def _stop(self, camera: CameraId, feed: JanusFeed) -> None:
        """No further picture of this camera goes to Janus until somebody is seated anew."""
        if camera in self._mounts and self._mounts[camera].feed is feed:
            del self._mounts[camera]
        feed.close()
        for viewer in tuple(feed.seats):
            feed.seats.discard(viewer)
            if isinstance(viewer, JanusViewer) and not viewer.over:
                self._lost(viewer)

    def _line_lost(self) -> None:
        self._keeper = None
        for camera, mount in tuple(self._mounts.items()):
            self._stop(camera, mount.feed)

    async def _make(self, camera: CameraId) -> _Mount:
        keeper = self._keeper or await self._keep()
        key, pin = os.urandom(SRTP_KEY_BYTES), secrets.token_urlsafe(24)
        media = {"type": "video", "mid": "v", "port": 0, "pt": PAYLOAD_TYPE, "codec": "h264", "fmtp": _FMTP}
        said = await self.line.message(keeper, {
            "request": "create", "type": "rtp", "id": secrets.randbits(50) | 1, "is_private": True, "pin": pin,
            "description": f"{self._mark} {secrets.token_hex(4)}", "admin_key": self.line.keys.admin, "media": [media],
            "srtpsuite": 80, "srtpcrypto": base64.b64encode(key).decode(), "permanent": False,
        })  # fmt: skip
        stream = said["data"].get("stream", {})
        port = next((it.get("port") for it in stream.get("ports", []) if it.get("mid") == "v"), None)
        if not isinstance(port, int) or not isinstance(stream.get("id"), int):
            raise Unavailable("Janus speaks otherwise than we know it", kind="janus")
        mount = _Mount(stream["id"], pin, JanusFeed((self._host, port), key))
        self._mounts[camera] = mount
        return mount

    async def _keep(self) -> Handle:
        """Our own session, and nothing left there of a gateway of this name that died."""
        keeper = await self.line.attach(lambda _: None)
        listed = await self.line.message(keeper, {"request": "list", "admin_key": self.line.keys.admin})
        for one in listed["data"].get("list", []):
            if str(one.get("description", "")).startswith(self._mark + " "):
                await self.line.message(keeper, {"request": "destroy", "id": one["id"]})
        self._keeper = keeper
        return keeper
