"""Burns the owner's mask into one camera's pictures, in a child process that may do nothing else (`mask_child`).

It fails closed: what comes out was decoded, painted over and encoded anew, or nothing comes out. A child that dies,
stands still or shows nothing is replaced after a pause; one that falls behind loses pictures up to the next key frame.
"""

import asyncio
import logging
import sys
import time
from collections import OrderedDict
from collections.abc import Callable

from consentry.edge.mask_records import HEAD_BYTES, Head, Kind, pack_record, parse_head
from consentry.kernel.canonical import canonical_json
from consentry.kernel.errors import ConsentryError
from consentry.kernel.limits import MAX_UNIT_BYTES
from consentry.kernel.mask import Mask, mask_record
from consentry.media.h264 import from_avcc, to_avcc
from consentry.media.units import AccessUnit, Sink

_log = logging.getLogger(__name__)
BEHIND_S = 1.0
STANDING_S = 5.0
START_S = 20.0
FIRST_PAUSE_S, LAST_PAUSE_S = 0.5, 30.0
MAX_WAITING_BYTES = MAX_UNIT_BYTES + 1_048_576
# With B-frames a picture comes out later than its unit; H.264 allows 16 of them.
_REMEMBERED = 64


class Masker:
    """Takes one camera's units, hands masked ones to `out`; `on_state` hears `online` or `mask-failed`.

    Owns one child process at a time. After `stop` nothing comes out.
    """

    def __init__(self, mask: Mask, out: Sink, on_state: Callable[[str], None]) -> None:
        self.dropped_units = 0
        self._mask, self._out, self._on_state = mask, out, on_state
        self._child: _Child | None = None
        self._task = asyncio.get_running_loop().create_task(self._run())

    def put(self, unit: AccessUnit) -> None:
        """Take the next unit of the camera, in decoding order. Only its pictures (track 0) go on."""
        if self._child is None or unit.track != 0 or not self._child.take(unit):
            self.dropped_units += 1

    async def stop(self) -> None:
        """End the child; nothing more comes out."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            shown = 0
            try:
                shown = await self._work()
            except (OSError, EOFError, ConsentryError, TimeoutError) as error:
                _log.warning("masking: %s", error or type(error).__name__)
            self._on_state("mask-failed")
            pause_s = FIRST_PAUSE_S if shown else pause_s
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LAST_PAUSE_S)

    async def _work(self) -> int:
        """One child from its start to its end; how many pictures it gave."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-m", "consentry.edge.mask_child",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={},
        )  # fmt: skip
        child = _Child(process, self._show)
        try:
            child.send_mask(self._mask)
            self._child = child
            reading = asyncio.create_task(child.read())
            watching = asyncio.create_task(child.watch())
            try:
                done, _ = await asyncio.wait((reading, watching), return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    error = task.exception()
                    _log.warning("masking: the child ended (%s)", error or "no word")
            finally:
                reading.cancel()
                watching.cancel()
                await asyncio.gather(reading, watching, return_exceptions=True)
        finally:
            self._child = None
            if process.returncode is None:
                process.kill()
            await process.wait()
        return child.shown

    def _show(self, unit: AccessUnit) -> None:
        self._on_state("online")
        self._out(unit)


class _Child:
    """The pipes of one child. `shown` counts what it gave."""

    def __init__(self, process: asyncio.subprocess.Process, show: Sink) -> None:
        if process.stdin is None or process.stdout is None:
            raise OSError("a child without pipes")
        self.shown, self.pid = 0, process.pid
        self._stdin, self._stdout, self._show = process.stdin, process.stdout, show
        self._number = 0
        self._await_key = True
        self._waiting: OrderedDict[int, tuple[float, int]] = OrderedDict()  # number → (sent at, bytes)
        self._waiting_bytes = 0
        self._times: OrderedDict[int, AccessUnit] = OrderedDict()
        self._has_started = False
        self._taken_s = self._blind_since_s = time.monotonic()

    def send_mask(self, mask: Mask) -> None:
        """Before anything else."""
        self._stdin.write(pack_record(Kind.MASK, 0, canonical_json(mask_record(mask))))

    def take(self, unit: AccessUnit) -> bool:
        """Send `unit` on; False when it is dropped, as all are up to the next key unit once the child is behind."""
        now_s = time.monotonic()
        body = to_avcc(unit.nals)
        if self._await_key and not unit.key:
            return False
        if self._is_behind(now_s) or len(body) > MAX_UNIT_BYTES or self._waiting_bytes + len(body) > MAX_WAITING_BYTES:
            self._await_key = True
            return False
        if now_s - self._taken_s > BEHIND_S:
            self._blind_since_s = now_s  # a camera that was silent is not the child's fault
        self._await_key, self._taken_s = False, now_s
        self._number += 1
        self._waiting[self._number] = now_s, len(body)
        self._waiting_bytes += len(body)
        self._times[self._number] = unit._replace(nals=())
        while len(self._times) > _REMEMBERED:
            self._times.popitem(last=False)
        self._stdin.write(pack_record(Kind.KEY if unit.key else Kind.DELTA, self._number, body))
        return True

    async def read(self) -> None:
        """Take what the child gives, until it ends (IncompleteReadError) or says what it must not (Malformed)."""
        while True:
            head = parse_head(await self._stdout.readexactly(HEAD_BYTES))
            body = await self._stdout.readexactly(head.size)
            if head.kind is Kind.DONE:
                self._has_started = True
                _, size = self._waiting.pop(head.number, (0.0, 0))
                self._waiting_bytes -= size
            else:
                self._give(head, body)

    async def watch(self) -> None:
        """TimeoutError when the child stands still, or works and shows nothing."""
        while True:
            await asyncio.sleep(BEHIND_S / 2)
            now_s = time.monotonic()
            if self._oldest_age_s(now_s) > (STANDING_S if self._has_started else START_S):
                raise TimeoutError("it stands still")
            if self._has_started and self._taken_s - self._blind_since_s > STANDING_S:
                raise TimeoutError("it shows nothing")

    def _give(self, head: Head, body: bytes) -> None:
        source = self._times.pop(head.number, None)
        if source is None:
            return
        self.shown += 1
        self._blind_since_s = time.monotonic()
        nals = from_avcc(body)
        # Whatever the camera's pictures were coded as: what the child gives is H.264.
        self._show(source._replace(nals=nals, key=head.kind is Kind.KEY, codec="h264"))

    def _is_behind(self, now_s: float) -> bool:
        return self._has_started and self._oldest_age_s(now_s) > BEHIND_S

    def _oldest_age_s(self, now_s: float) -> float:
        return now_s - next(iter(self._waiting.values()))[0] if self._waiting else 0.0
