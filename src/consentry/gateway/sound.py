"""The sound of one camera, for the viewers whose look allows it and for nobody else.

It is no part of the pictures: not in their cache, not in their fragments, not in what is recorded. Nothing is kept.
AAC goes by WebSocket, G.711 and Opus by WebRTC: what a browser cannot play in the other one is only named there.
"""

import logging

from consentry.gateway.frames import SOUND, SOUND_INIT, media_frame, text_frame
from consentry.gateway.rtc.viewer import RtcViewer
from consentry.gateway.viewer import SocketViewer, Viewer
from consentry.kernel.errors import Malformed
from consentry.media.fmp4_sound import CODEC, SoundMuxer
from consentry.media.units import SoundUnit

_log = logging.getLogger(__name__)


class HubSound:
    """Owned by the camera's hub. Fragments are made once, and only while somebody hears."""

    def __init__(self) -> None:
        self._muxer: SoundMuxer | None = None
        self._beginning = b""
        # Who may hear → the muxer whose beginning was sent to it.
        self._sockets: dict[SocketViewer, SoundMuxer | None] = {}
        # Who may hear → the codec that was named to it.
        self._named: dict[Viewer, str] = {}

    def join(self, viewer: Viewer) -> None:
        """From now on `viewer` hears."""
        self._named.setdefault(viewer, "")
        if isinstance(viewer, SocketViewer):
            self._sockets.setdefault(viewer, None)

    def leave(self, viewer: Viewer) -> None:
        """Nothing more of it goes to `viewer`."""
        self._named.pop(viewer, None)
        if isinstance(viewer, SocketViewer):
            self._sockets.pop(viewer, None)

    def take(self, unit: SoundUnit) -> None:
        """The next piece. A viewer that is behind with its pictures goes without."""
        if not self._named:
            return
        if unit.codec == "aac":
            self._give_fragments(unit)
        for viewer in tuple(self._named):
            if isinstance(viewer, RtcViewer):
                self._name(viewer, CODEC if unit.codec == "aac" else unit.codec)
                viewer.take_sound(unit)
            elif unit.codec != "aac":
                self._name(viewer, unit.codec)

    def forget(self) -> None:
        """The camera is gone."""
        self._muxer = None

    def _name(self, viewer: Viewer, codec: str) -> None:
        """Say what there is to hear, once a picture has come: before that nobody listens."""
        if self._named[viewer] != codec and viewer.sent_shots:
            self._named[viewer] = codec
            viewer.say({"type": "sound", "codec": codec})

    def _give_fragments(self, unit: SoundUnit) -> None:
        if not self._sockets:
            return
        if self._muxer is None or self._muxer.config != unit.config:
            try:
                self._muxer = SoundMuxer(unit.config)
            except Malformed as error:
                _log.warning("sound: %s", error)
                return
            told = text_frame({"type": "sound", "codec": CODEC})
            self._beginning = told + media_frame(SOUND_INIT, unit.wallclock_us, self._muxer.init)
        frame = media_frame(SOUND, unit.wallclock_us, self._muxer.take(unit))
        for viewer, begun in tuple(self._sockets.items()):
            is_begun = begun is self._muxer
            if viewer.hear(frame if is_begun else self._beginning + frame):
                self._sockets[viewer] = self._muxer
