"""Viewers whose words go by HTTP and not over a line of their own: by LL-HLS, and by Janus.

A bearer that was made for this look alone says who asks. It goes in a header, never in a URL or a cookie.
"""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Mapping

from consentry.gateway.bearer import shows_bearer
from consentry.gateway.viewer import PLAYED_BY_ALL, Beginning, Shot
from consentry.kernel.limits import MAX_POSTED_WORDS


class PostedViewer:
    """See `viewer.Viewer`; the pictures are the subclass's. `bell` rings when there is something new, the end too.

    `asked_s`: when it last asked for anything, on the loop's clock; `asking`: how many of its requests wait now.
    `left`: called once when it is over.
    """

    def __init__(self) -> None:
        self.before_pump: Callable[[], None] | None = None
        self.plays, self.follows, self.thins = PLAYED_BY_ALL, False, False  # its pictures are shared with others
        self.over = False
        self.reason = ""
        self.sent_shots = self.sent_bytes = self.dropped_shots = 0
        self.bearer = secrets.token_urlsafe(32)
        self.asking = 0
        self.bell = asyncio.Event()
        self.asked_s = self.ended_s = asyncio.get_running_loop().time()
        self.left: Callable[[], None] = lambda: None
        self._words: deque[dict[str, object]] = deque(maxlen=MAX_POSTED_WORDS)

    @property
    def late_shots(self) -> int:
        """See `Viewer`: whose line is slow asks later, and loses what is not kept any more."""
        return 0

    def is_mine(self, authorization: str) -> bool:
        """Does this header name our bearer? In constant time."""
        return shows_bearer(authorization, self.bearer)

    def take_words(self) -> list[dict[str, object]]:
        """What was said since this was last asked, oldest first."""
        words = list(self._words)
        self._words.clear()
        return words

    def say(self, message: Mapping[str, object]) -> None:
        """See `Viewer`: kept until it is fetched; of too many the oldest are forgotten."""
        if not self.over:
            self._words.append(dict(message))
            self.bell.set()

    def begin(self, beginning: Beginning, shots: tuple[Shot, ...] = ()) -> None:
        """See `Viewer`."""
        raise NotImplementedError

    def push(self, shot: Shot) -> None:
        """See `Viewer`."""
        raise NotImplementedError

    def end(self, reason: str) -> None:
        """See `Viewer`."""
        self._finish(reason)

    def refuse(self, kind: str) -> None:
        """See `Viewer`."""
        self._finish(kind)

    def _finish(self, reason: str) -> None:
        if self.reason:
            return
        self.over, self.reason = True, reason
        self.ended_s = asyncio.get_running_loop().time()
        self._words.clear()
        self.bell.set()
        self.left()
