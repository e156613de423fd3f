"""A viewer by WebRTC: the pictures of the hub over our own sender, words over the data channel.

The cached group of pictures is sent compressed in time: its pictures follow each other by a fraction of a millisecond,
so that a browser decodes them as fast as it can and shows the newest, instead of playing old ones for two seconds.
"""

import asyncio
import json
import logging
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pylibsrtp import Error as SrtpError

from consentry.gateway.rtc.link import Link
from consentry.gateway.rtc.pace import MAX_WAIT_S, Pace
from consentry.gateway.rtc.sender import RING, Format, Sender
from consentry.gateway.rtc.sound import SoundForm, SoundSender
from consentry.gateway.viewer import PLAYED_BY_ALL, Beginning, Shot
from consentry.media.rtcp import read_rtcp
from consentry.media.units import SoundUnit

_log = logging.getLogger(__name__)
# A group larger than this is not sent again: the next key frame is sooner there.
MAX_CATCH_UP_BYTES = 4_000_000
# A browser that asks for a key frame gets the cached group, at most so often.
KEY_EVERY_S = 0.7
REPORT_EVERY_S = 1.0
_STEP_TICKS, _MOST_TICKS = 9, 1_800
_PUMP_S = 0.004


@dataclass(frozen=True)
class Calls:
    """Whom the viewer tells: `again` asks the hub for the beginning and the cached group; `hear` takes a text message;
    `gone`: the connection is over, lost or closed."""

    again: Callable[[], None]
    hear: Callable[[str], None]
    gone: Callable[[bool], None]


class RtcViewer:
    """See `viewer.Viewer` and `link.Guest`. `link` is set by whoever makes both; `bind` once it is admitted."""

    link: Link
    form: Format
    _calls: Calls

    def __init__(self) -> None:
        self.before_pump: Callable[[], None] | None = None
        self.plays, self.follows, self.thins = PLAYED_BY_ALL, True, True
        self.late_shots = 0
        self.over = False
        self.sent_shots = self.sent_bytes = self.dropped_shots = 0
        self.pace = Pace()
        self.sender: Sender | None = None
        self._sound_form: SoundForm | None = None
        self._sound: SoundSender | None = None
        self._queue: deque[tuple[Shot, int]] = deque()
        self._queue_bytes = 0
        self._catching_up = 0
        self._asked: list[int] = []
        self._heard_packets = 0
        self._needs_key = True
        self._timer: asyncio.TimerHandle | None = None
        self._reported_s = self._key_sent_s = 0.0
        self._last_ticks = 0

    def bind(self, form: Format, calls: Calls, sound: SoundForm | None = None) -> None:
        """It was admitted: what was agreed with the browser, and whom to tell."""
        self.form, self._calls, self._sound_form = form, calls, sound

    # What sessions and hub call.

    def say(self, message: Mapping[str, object]) -> None:
        """See `Viewer`."""
        if not self.over:
            self.link.say(json.dumps(message, separators=(",", ":")))

    def begin(self, beginning: Beginning, shots: tuple[Shot, ...] = ()) -> None:
        """See `Viewer`. Before the connection stands nothing is kept: `ready` asks again."""
        if self.sender is None or self.over:
            return
        self.say(beginning.told)
        self._drop_queue()
        self._needs_key = True
        self._key_sent_s = asyncio.get_running_loop().time()
        if sum(shot.size_bytes for shot in shots) > MAX_CATCH_UP_BYTES:
            return
        last = self._last_ticks
        step = max(1, min(_STEP_TICKS, _MOST_TICKS // max(1, len(shots))))
        for number, shot in enumerate(shots):
            self._put(shot, max(_ticks(shots[-1]) - step * (len(shots) - 1 - number), last + step * (number + 1)))
        self._catching_up = len(shots)
        self._pump()

    def push(self, shot: Shot) -> None:
        """See `Viewer`."""
        if self.over or self.sender is None:
            return
        now_s = asyncio.get_running_loop().time()
        self.pace.offer(shot.size_bytes, now_s)
        if self._is_too_late(shot, now_s):
            return
        self._needs_key = False
        self._put(shot, max(_ticks(shot), self._last_ticks + 1))
        if self._timer is None:
            self._pump()

    def take_sound(self, unit: SoundUnit) -> None:
        """Send a piece of sound at once or not at all: it waits for nothing, and no picture waits for it."""
        if self.over or self._sound is None or self._sound_form is None or not self.sent_shots or self._queue:
            return
        now_s = asyncio.get_running_loop().time()
        if self._sound_form.takes(unit) and self.pace.wait_s(now_s) == 0:
            self._safely(self._send_sound, unit, now_s)

    def end(self, reason: str) -> None:
        """See `Viewer`: keys, queue and everything that could be repeated are dropped before the reason is said."""
        self._finish({"type": "end", "reason": reason})

    def refuse(self, kind: str) -> None:
        """See `Viewer`."""
        self._finish({"type": "error", "kind": kind})

    # What the link calls.

    def ready(self) -> None:
        """See `Guest`."""
        self.sender = Sender(self.link, self.form, secrets.randbits(15))
        if self._sound_form is not None:
            self._sound = SoundSender(self.link, self._sound_form, secrets.randbits(15))
        self._calls.again()

    def hear(self, text: str) -> None:
        """See `Guest`."""
        if not self.over:
            self._calls.hear(text)

    def take_rtp(self, packet: bytes) -> None:
        """See `Guest`: a viewer sends none."""

    def take_rtcp(self, packet: bytes) -> None:
        """See `Guest`."""
        if self.sender is None or self.over:
            return
        heard, now_s = read_rtcp(packet, self.form.ssrc), asyncio.get_running_loop().time()
        packets = self.sender.packets - self._heard_packets
        self.pace.hear(heard.fraction_lost, heard.rate_bps, self.sender.trip_s(heard.echo, now_s), packets)
        if heard.fraction_lost is not None:
            self._heard_packets = self.sender.packets
        # What is sent again takes its place on the line like a picture: on one that is full it waits for room. It is
        # asked for just after a picture went, when there is least, and not every receiver asks twice.
        if heard.lost:
            self._asked = list(dict.fromkeys([*self._asked, *heard.lost]))[-RING:]
            if self._timer is None:
                self._pump()
        if heard.wants_key and self.pace.is_limited:
            self._needs_key = True  # the whole group would be too much: wait for the camera's next key frame
        elif heard.wants_key and now_s - self._key_sent_s > KEY_EVERY_S:
            self._calls.again()

    def tick(self, now_s: float) -> None:
        """See `Guest`: reports, and what the clock was at the last picture (the tile's delay is measured by it)."""
        if self.sender is None or self.over or now_s - self._reported_s < REPORT_EVERY_S:
            return
        self._reported_s = now_s
        self.sender.report(now_s)
        if self.sender.clock is not None:
            wall_us, ticks = self.sender.clock
            self.say({"type": "time", "rtp": ticks, "wall_us": wall_us})

    def gone(self, *, lost: bool) -> None:
        """See `Guest`."""
        self._stop()
        self._calls.gone(lost)

    def _finish(self, farewell: Mapping[str, object]) -> None:
        if self.over:
            return
        self._stop()
        self.link.end(json.dumps(farewell))

    def _stop(self) -> None:
        self.over = True
        self._queue.clear()
        self._asked.clear()
        if self._timer is not None:
            self._timer.cancel()
        if self.sender is not None:
            self.sender.forget()

    def _is_too_late(self, shot: Shot, now_s: float) -> bool:
        """Is this picture dropped? Then, when others are decoded from it, all up to the next key frame are."""
        wait_s = self.pace.wait_s(now_s) + 8 * self._queue_bytes / self.pace.rate_bps
        if wait_s > MAX_WAIT_S and not self._catching_up:
            self._drop_queue()
            self._needs_key = True
        spare = self.pace.is_limited and wait_s > MAX_WAIT_S / 4 and not shot.is_reference
        if spare or (self._needs_key and (not shot.key or self.pace.wait_s(now_s) > MAX_WAIT_S)):
            self.dropped_shots += 1
            self.late_shots += self.pace.is_limited
            return True
        return False

    def _put(self, shot: Shot, ticks: int) -> None:
        self._queue.append((shot, ticks))
        self._queue_bytes += shot.size_bytes
        self._last_ticks = ticks
        self._needs_key = False

    def _drop_queue(self) -> None:
        self.dropped_shots += len(self._queue)
        self._queue.clear()
        self._queue_bytes = self._catching_up = 0

    def _pump(self) -> None:
        self._timer = None
        if self.before_pump is not None:
            self.before_pump()
        loop = asyncio.get_running_loop()
        while (self._asked or self._queue) and not self.over:
            wait_s = self.pace.wait_s(loop.time())
            if wait_s > 0:
                self._timer = loop.call_later(max(_PUMP_S, wait_s), self._pump)
                return
            if self._asked:
                self._safely(self._repeat)
            if self._queue:
                shot, ticks = self._queue.popleft()
                self._queue_bytes -= shot.size_bytes
                self._catching_up = max(0, self._catching_up - 1)
                self._safely(self._send, shot, ticks)

    def _repeat(self) -> None:
        """All that was asked for, at once; on a limited line one packet, so that pictures have their turns."""
        count = 1 if self.pace.is_limited else len(self._asked)
        lost, self._asked = self._asked[:count], self._asked[count:]
        if self.sender is not None:
            self.pace.take(self.sender.repeat(lost), asyncio.get_running_loop().time())

    def _send_sound(self, unit: SoundUnit, now_s: float) -> None:
        if self._sound is not None:
            size = self._sound.send(unit)
            self.pace.take(size, now_s)
            self.sent_bytes += size

    def _send(self, shot: Shot, ticks: int) -> None:
        if self.sender is None:
            return
        if shot.key and self.pace.is_limited:
            self._asked.clear()  # nobody needs what is missing of before it
        now_s = asyncio.get_running_loop().time()
        size = self.sender.send(shot.payloads(), ticks & 0xFFFFFFFF, shot.wallclock_us, now_s)
        self.pace.take(size, now_s)
        self.sent_shots += 1
        self.sent_bytes += size

    @staticmethod
    def _safely(work: Callable[..., None], *values: object) -> None:
        """A line that ends in between throws nothing at the hub."""
        try:
            work(*values)
        except (ConnectionError, SrtpError) as error:
            _log.info("a picture could not be sent: %s", error)


def _ticks(shot: Shot) -> int:
    """The RTP time of a picture, not cut to 32 bits."""
    return int(shot.ts_us * 9 // 100)
