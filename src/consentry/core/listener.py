"""One LISTEN connection per process; what commits in the outbox is handed to every open stream that may hear it.

Owner of the state: the event loop's thread. `Listener` holds two connections of its own, outside Django's pool: one
waits for NOTIFY, one reads. Ids come from a sequence, so a transaction may commit a lower id after a higher one was
read: `Gaps` remembers ids that were skipped, and they are read when they appear. Each message carries `safe_id`, the
id up to which nothing is missing; a client that resumes there hears some things twice and misses none.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, LiteralString

import psycopg
from django.db import connections

from consentry.core.gaps import Gaps
from consentry.core.outbox import CHANNEL
from consentry.kernel.errors import LimitReached, Unavailable

QUEUE_MESSAGES: Final = 256
REPLAY_MESSAGES: Final = 1_000
BATCH_MESSAGES: Final = 2_000
LOOK_ANYWAY_S: Final = 5.0
RECONNECT_S: Final = 0.5
MAX_SUBSCRIBERS: Final = 5_000
RESYNC: Final = "resync"
APPLICATION: Final = "consentry events"

# The snapshot is taken before the rows: whatever was running then and is settled now must show in them.
_READ: Final[LiteralString] = """
SELECT id, audience, kind, object_id FROM core_outbox WHERE id > %s OR id = ANY(%s) ORDER BY id LIMIT %s
"""
_REPLAY: Final[LiteralString] = """
SELECT id, audience, kind, object_id FROM core_outbox WHERE audience = ANY(%s) AND id > %s ORDER BY id LIMIT %s
"""
_SNAPSHOT: Final[LiteralString] = """
SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint FROM pg_current_snapshot() AS s
"""
_NEWEST: Final[LiteralString] = "SELECT id FROM core_outbox ORDER BY id DESC LIMIT 1000"
_SEQUENCE: Final[LiteralString] = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM core_outbox_id_seq"
_BOUNDS: Final[LiteralString] = "SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM core_outbox"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    """One event: `kind` and the object's id. `safe_id` is what to resume from; kind `resync` says: fetch all again."""

    id: int
    audience: str
    kind: str
    object_id: str
    safe_id: int = 0


@dataclass(eq=False)
class Subscription:
    """One open stream. When its queue is full it is closed: the client comes back and resumes."""

    audiences: frozenset[str]
    queue: asyncio.Queue[Message | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_MESSAGES))
    is_closed: bool = False

    def offer(self, message: Message) -> None:
        """Hand over, or close the stream when the client is too slow."""
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.is_closed = True

    async def next(self, timeout_s: float) -> Message | None:
        """The next message, None after `timeout_s` without one; LimitReached when the stream was closed on us."""
        if self.is_closed:
            raise LimitReached("this stream was too slow", kind="slow-stream")
        try:
            # Not wait_for: until Python 3.12 that makes a task for every wait.
            async with asyncio.timeout(timeout_s):
                return await self.queue.get()
        except TimeoutError:
            return None


class Listener:
    """Fans the outbox out inside one event loop. Use `async with`, or `shared()` in the web process."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._by_audience: dict[str, set[Subscription]] = {}
        self._count = 0
        self._gaps = Gaps()
        self._reader: psycopg.AsyncConnection | None = None
        self._reading = asyncio.Lock()
        self._wake = asyncio.Event()
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Listener":
        self._task = asyncio.create_task(self._run(), name="outbox listener")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def subscribe(self, audiences: Iterable[str], *, after: int | None = None) -> AsyncIterator[Subscription]:
        """Open a stream for `audiences`; with `after`, what was missed since that `safe_id` comes first (0: all
        that there is).

        Raises LimitReached at `MAX_SUBSCRIBERS`, Unavailable while there is no database.
        """
        if self._count >= MAX_SUBSCRIBERS:
            raise LimitReached("too many open streams", kind="streams")
        try:
            await asyncio.wait_for(self._ready.wait(), LOOK_ANYWAY_S)
        except TimeoutError as error:
            raise Unavailable("no events at the moment") from error
        subscription = Subscription(frozenset(audiences))
        self._add(subscription)
        try:
            if after is not None:
                await self._replay(subscription, after)
            yield subscription
        finally:
            self._remove(subscription)

    @property
    def safe_id(self) -> int:
        """The id up to which nothing is missing."""
        return self._gaps.safe_id

    def _add(self, subscription: Subscription) -> None:
        self._count += 1
        for audience in subscription.audiences:
            self._by_audience.setdefault(audience, set()).add(subscription)

    def _remove(self, subscription: Subscription) -> None:
        self._count -= 1
        for audience in subscription.audiences:
            heard_by = self._by_audience[audience]
            heard_by.discard(subscription)
            if not heard_by:
                del self._by_audience[audience]

    async def _replay(self, subscription: Subscription, after: int) -> None:
        """Put what was missed into the queue, or one `resync` when that is gone or too much."""
        oldest, newest = (await self._fetch(_BOUNDS))[0]
        rows = await self._fetch(_REPLAY, (list(subscription.audiences), after, REPLAY_MESSAGES))
        is_gone = after != 0 and (after + 1 < oldest or after > newest)
        if is_gone or len(rows) + subscription.queue.qsize() >= QUEUE_MESSAGES:
            subscription.offer(Message(0, "", RESYNC, "", self.safe_id))
            return
        for row in rows:
            subscription.offer(replace(Message(*row), safe_id=min(row[0], self.safe_id)))

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                logger.warning("event listener lost the database, tries again: %s", type(error).__name__)
            await asyncio.sleep(RECONNECT_S)

    async def _listen(self) -> None:
        """Serve until the connection breaks. After a break it goes on where it was, so nothing is lost."""
        async with (
            await self._connect() as waiter,
            await self._connect() as reader,
        ):
            self._reader = reader
            await waiter.execute(f"LISTEN {CHANNEL}")
            if not self._ready.is_set():
                await self._start()
            pump = asyncio.create_task(self._pump())
            try:
                while not pump.done():
                    async for _ in waiter.notifies(timeout=LOOK_ANYWAY_S, stop_after=1):
                        self._wake.set()
                    self._wake.set()
            finally:
                pump.cancel()
                await asyncio.gather(pump, return_exceptions=True)

    async def _connect(self) -> psycopg.AsyncConnection:
        return await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True, application_name=APPLICATION)

    async def _start(self) -> None:
        """Begin at the newest event; an empty table begins at its sequence."""
        snapshot = (await self._fetch(_SNAPSHOT))[0]
        ids = [row[0] for row in await self._fetch(_NEWEST)] or [row[0] for row in await self._fetch(_SEQUENCE)]
        self._gaps.start(max(ids), ids, xmax=snapshot[1], now_s=time.monotonic())
        self._ready.set()

    async def _pump(self) -> None:
        """Read and hand out what is new, each time something woke us."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            xmin, xmax = (await self._fetch(_SNAPSHOT))[0]
            rows = await self._fetch(_READ, (self._gaps.newest, self._gaps.missing(), BATCH_MESSAGES))
            self._gaps.take([row[0] for row in rows], (xmin, xmax), now_s=time.monotonic())
            for row in rows:
                self._hand_out(replace(Message(*row), safe_id=min(row[0], self.safe_id)))
            if len(rows) == BATCH_MESSAGES:
                self._wake.set()

    def _hand_out(self, message: Message) -> None:
        for subscription in self._by_audience.get(message.audience, ()):
            subscription.offer(message)

    # Any: rows of psycopg are tuples of whatever the query selects.
    async def _fetch(self, query: LiteralString, args: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        if self._reader is None:
            raise Unavailable("no events at the moment")
        async with self._reading, self._reader.cursor() as cursor:
            await cursor.execute(query, args)
            return await cursor.fetchall()


_shared: dict[asyncio.AbstractEventLoop, Listener] = {}


async def shared() -> Listener:
    """The listener of this process's event loop, started at first use; it ends with the process."""
    loop = asyncio.get_running_loop()
    if loop not in _shared:
        _shared[loop] = await Listener(conninfo_of_django()).__aenter__()
    return _shared[loop]


def conninfo_of_django() -> str:
    """How Django reaches its database, as a connection string."""
    said = connections["default"].get_connection_params()
    keep = {key: said[key] for key in ("dbname", "user", "password", "host", "port") if said.get(key)}
    return psycopg.conninfo.make_conninfo("", **keep)
