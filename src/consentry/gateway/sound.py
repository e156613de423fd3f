"""The sound of one camera, for the viewers whose look allows it and for nobody else. By WebSocket only.

It is no part of the pictures: not in their cache, not in their fragments, not in what is recorded. Nothing is kept.
"""

import logging

from consentry.gateway.frames import SOUND, SOUND_INIT, media_frame, text_frame
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
        self._hearers: dict[SocketViewer, SoundMuxer | None] = {}

    def join(self, viewer: Viewer) -> None:
        """From now on `viewer` hears; nothing happens for one that is no WebSocket: WebRTC knows no AAC."""
        if isinstance(viewer, SocketViewer):
            self._hearers[viewer] = None

    def leave(self, viewer: Viewer) -> None:
        """Nothing more of it goes to `viewer`."""
        if isinstance(viewer, SocketViewer):
            self._hearers.pop(viewer, None)

    def take(self, unit: SoundUnit) -> None:
        """The next piece. A viewer that is behind with its pictures goes without."""
        if not self._hearers:
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
        for viewer, begun in tuple(self._hearers.items()):
            is_begun = begun is self._muxer
            if viewer.hear(frame if is_begun else self._beginning + frame):
                self._hearers[viewer] = self._muxer

    def forget(self) -> None:
        """The camera is gone."""
        self._muxer = None
