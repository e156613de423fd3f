"""The listener inside one process: ids that commit out of order, slow streams, a database that goes away."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from consentry.core import listener as listening
from consentry.core.gaps import SETTLE_S, Gaps
from consentry.core.listener import QUEUE_MESSAGES, Listener, conninfo_of_django
from consentry.core.outbox import CHANNEL, tell
from consentry.kernel.errors import LimitReached

INSERT = "INSERT INTO core_outbox (audience, kind, object_id, at) VALUES ('person:p', 'look.started', %s, now())"


@given(
    st.permutations(range(1, 12)), st.sets(st.integers(1, 11)), st.lists(st.integers(1, 4), min_size=11, max_size=11)
)
def test_nothing_below_the_safe_id_is_ever_missed(order: list[int], lost: set[int], sizes: list[int]) -> None:
    """Whatever order rows appear in, each is read once, and the safe id never passes one that is still to come."""
    gaps, there, read = Gaps(), set[int](), list[int]()
    coming = iter([found for found in order if found not in lost])
    for size in sizes:
        there.update(found for _, found in zip(range(size), coming, strict=False))
        new = sorted(found for found in there if found > gaps.newest or found in gaps.missing())
        gaps.take(new, (1, 100), now_s=0.0)
        read += new
        assert set(range(1, gaps.safe_id + 1)) <= set(read)
    assert sorted(read) == sorted(there)
    gaps.take([], (100, 100), now_s=SETTLE_S)
    assert gaps.safe_id == gaps.newest == max(there, default=0)


def test_a_gap_is_given_up_only_when_its_transaction_can_not_come_any_more() -> None:
    gaps = Gaps()
    gaps.start(4, [2, 4], xmax=7, now_s=0.0)
    assert (gaps.safe_id, gaps.missing()) == (2, [3])
    gaps.take([], (6, 9), now_s=60.0)
    assert gaps.safe_id == 2
    gaps.take([], (7, 9), now_s=SETTLE_S / 2)
    assert gaps.safe_id == 2
    gaps.take([], (7, 9), now_s=SETTLE_S)
    assert gaps.safe_id == 4


@pytest.mark.django_db
def test_one_transaction_wakes_the_listeners_once(django_capture_on_commit_callbacks) -> None:
    said: list[str] = []
    with (
        connection.execute_wrapper(lambda run, sql, *rest: (said.append(sql), run(sql, *rest))[1]),
        django_capture_on_commit_callbacks(execute=True),
    ):
        with suppress(LookupError), transaction.atomic():
            tell("person:p", "look.started", "lost")
            raise LookupError
        tell("person:p", "look.started", "1")
        for number in range(3):
            with transaction.atomic():
                tell("person:p", "look.started", str(number))
    assert sum(sql.startswith("NOTIFY") for sql in said) == 1


@pytest.mark.django_db
def test_what_a_savepoint_said_counts_though_an_earlier_one_was_rolled_back(django_capture_on_commit_callbacks) -> None:
    with django_capture_on_commit_callbacks() as hooks:
        with suppress(LookupError), transaction.atomic():
            tell("person:p", "look.started", "lost")
            raise LookupError
        assert not connection.run_on_commit
        with transaction.atomic():
            tell("person:p", "look.started", "kept")
    assert len(hooks) == 1


@pytest.fixture
def outbox(transactional_db: None) -> Iterator[str]:
    yield conninfo_of_django()
    connection.close()


def _tell(count: int) -> None:
    with transaction.atomic():
        for number in range(count):
            tell("person:p", "look.started", str(number))
    connection.close()


async def test_a_lower_id_that_commits_later_is_heard_and_resumed(outbox: str) -> None:
    async with (
        Listener(outbox) as heard,
        await psycopg.AsyncConnection.connect(outbox) as early,
        await psycopg.AsyncConnection.connect(outbox, autocommit=True) as late,
    ):
        async with heard.subscribe({"person:p"}) as stream:
            await early.execute(INSERT, ["lower"])
            await early.execute(f"NOTIFY {CHANNEL}")
            await late.execute(INSERT, ["higher"])
            await late.execute(f"NOTIFY {CHANNEL}")
            first = await stream.next(10)
            assert first is not None
            await early.commit()
            second = await stream.next(10)
            assert second is not None
            assert [first.object_id, second.object_id] == ["higher", "lower"]
            assert first.safe_id < second.id
        async with heard.subscribe({"person:p"}, after=first.safe_id) as again:
            resumed = [await again.next(10), await again.next(10)]
            assert [message.object_id for message in resumed if message] == ["lower", "higher"]


async def test_a_slow_stream_is_closed_and_a_quick_one_is_not(outbox: str) -> None:
    async with (
        Listener(outbox) as heard,
        heard.subscribe({"person:p"}) as slow,
        heard.subscribe({"person:p"}) as quick,
    ):
        for _ in range(2):
            await asyncio.to_thread(_tell, QUEUE_MESSAGES - 6)
            for _ in range(QUEUE_MESSAGES - 6):
                assert await quick.next(10) is not None
        with pytest.raises(LimitReached):
            await slow.next(1)


async def test_what_is_rolled_back_is_never_heard(outbox: str) -> None:
    def fail() -> None:
        try:
            with transaction.atomic():
                tell("person:p", "look.started", "never")
                raise KeyError
        except KeyError:
            connection.close()

    async with Listener(outbox) as heard, heard.subscribe({"person:p"}) as stream:
        await asyncio.to_thread(fail)
        await asyncio.to_thread(_tell, 1)
        message = await stream.next(10)
        assert message is not None
        assert message.object_id == "0"
        assert await stream.next(0.2) is None


async def test_a_lost_connection_loses_no_event(outbox: str) -> None:
    async with Listener(outbox) as heard, heard.subscribe({"person:p"}) as stream:
        async with await psycopg.AsyncConnection.connect(outbox, autocommit=True) as killer:
            await killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                "AND datname = current_database() AND application_name = 'consentry events'"
            )
        await asyncio.to_thread(_tell, 1)
        assert await stream.next(10) is not None


async def test_there_is_an_end_to_streams(outbox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "MAX_SUBSCRIBERS", 1)
    async with Listener(outbox) as heard, heard.subscribe({"person:p"}):
        with pytest.raises(LimitReached):
            async with heard.subscribe({"person:p"}):
                pass
