"""`GET /api/events`: server-sent events, ids only, for one signed-in person, until the sign-in ends."""

import asyncio
import time
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import Final

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, StreamingHttpResponse

from consentry.core import listener
from consentry.core.listener import Listener, Message, Subscription
from consentry.core.principal import Principal, principal_again, principal_of
from consentry.kernel.canonical import canonical_json
from consentry.kernel.errors import LimitReached, Malformed

HEARTBEAT_S: Final = 15.0
RETRY_MS: Final = 2_000


async def open_stream(request: HttpRequest) -> StreamingHttpResponse:
    """The stream for the person behind `request`. Gives Django's connection back first: a stream must not hold one."""
    after, principal = last_event_id(request), principal_of(request)
    await sync_to_async(_give_connection_back)()
    response = StreamingHttpResponse(_stream(request, principal, after), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def last_event_id(request: HttpRequest) -> int | None:
    """The id to resume after; None for a fresh stream, Malformed for anything but a natural number."""
    said = request.headers.get("Last-Event-ID", "")
    if not said:
        return None
    if not (said.isascii() and said.isdecimal()) or len(said) > 18:
        raise Malformed("Last-Event-ID is a number")
    return int(said)


@lru_cache(maxsize=1_024)
def frame(message: Message) -> bytes:
    """One event in the format of the HTML standard; made once for all streams that hear it."""
    data = canonical_json({"id": message.object_id}).decode()
    return f"id: {message.safe_id}\nevent: {message.kind}\ndata: {data}\n\n".encode()


def _give_connection_back() -> None:
    """A function of its own: the name `connection` must be looked up in the thread that holds it."""
    connection.close()


async def _stream(request: HttpRequest, principal: Principal, after: int | None) -> AsyncIterator[bytes]:
    heard: Listener = await listener.shared()
    async with heard.subscribe(principal.audiences(), after=after) as subscription:
        yield f"retry: {RETRY_MS}\nid: {heard.safe_id if after is None else after}\n\n".encode()
        async for chunk in _until_sign_in_ends(request, principal, subscription):
            yield chunk


async def _until_sign_in_ends(
    request: HttpRequest, principal: Principal, subscription: Subscription
) -> AsyncIterator[bytes]:
    checked_s = beaten_s = time.monotonic()
    recheck_s: float = settings.STREAM_RECHECK_S
    while True:
        now_s = time.monotonic()
        if now_s - checked_s >= recheck_s:
            if not await _is_still(request, principal):
                yield b"event: signed-out\ndata: {}\n\n"
                return
            checked_s = now_s
        wait_s = min(beaten_s + HEARTBEAT_S, checked_s + recheck_s) - now_s
        try:
            message = await subscription.next(max(wait_s, 0.0))
        except LimitReached:
            return
        if message is not None:
            yield frame(message)
        elif time.monotonic() - beaten_s >= HEARTBEAT_S:
            beaten_s = time.monotonic()
            yield b": still here\n\n"
        else:
            await asyncio.sleep(0)


async def _is_still(request: HttpRequest, principal: Principal) -> bool:
    """Is the sign-in still good, for the same audiences? A change of seats ends the stream too."""

    def read() -> Principal:
        try:
            return principal_again(request)
        finally:
            _give_connection_back()

    now = await sync_to_async(read)()
    return now.person == principal.person and now.audiences() == principal.audiences()
