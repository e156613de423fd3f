"""The control stream of one gateway: state, a lease each second, ends, letters. While we are silent, leases lapse.

Every read goes to the database afresh: when it cannot be read no lease is sent, and within 5 s every picture stops.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Final, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError, connection

from consentry.access import queries as access
from consentry.access import services
from consentry.access.tickets import ticket_public_keys
from consentry.cameras import queries as cameras
from consentry.cameras.types import GatewayCamera
from consentry.core import listener
from consentry.core.listener import RESYNC, Message, Subscription
from consentry.kernel.canonical import to_b64
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import ConsentryError
from consentry.kernel.ids import GatewayId
from consentry.kernel.limits import HEARTBEAT_MS
from consentry.ledger import queries as ledger
from consentry.live.keeping import keeps_of
from consentry.live.sharing import settle

logger = logging.getLogger(__name__)
EVERY_GATEWAY: Final = "gateway:*"
T = TypeVar("T")


async def control_stream(gateway: GatewayId) -> AsyncIterator[bytes]:
    """The events of one gateway as server-sent events, until it hangs up or the database is gone too long."""
    heard = await listener.shared()
    async with heard.subscribe({f"gateway:{gateway}", EVERY_GATEWAY}) as subscription:
        yield await _read(lambda: first_state(gateway))
        yield await _read(lambda: keeps_event(gateway))
        for chunk in await _read(lambda: letters_for(gateway)):
            yield chunk
        async for chunk in _follow(gateway, subscription):
            yield chunk


async def _follow(gateway: GatewayId, subscription: Subscription) -> AsyncIterator[bytes]:
    next_lease_s = time.monotonic()
    while True:
        wait_s = next_lease_s - time.monotonic()
        if wait_s <= 0:
            next_lease_s = time.monotonic() + HEARTBEAT_MS / 1_000
            lease = await _lease(gateway)
            if lease is not None:
                yield lease
            continue
        message = await subscription.next(wait_s)
        if message is not None:
            for chunk in await _answer(gateway, message):
                yield chunk


async def _lease(gateway: GatewayId) -> bytes | None:
    """A lease, or None when the database does not answer: then there is no right to go on."""
    try:
        return await _read(lambda: beat(gateway, utc_now()))
    except DatabaseError as error:
        logger.error("no lease for gateway %s: %s", gateway, type(error).__name__)
        await asyncio.sleep(0)
        return None


async def _answer(gateway: GatewayId, message: Message) -> list[bytes]:
    try:
        return await _read(lambda: events_for(gateway, message))
    except (DatabaseError, ConsentryError) as error:
        logger.error("control stream of %s: %s at %s", gateway, type(error).__name__, message.kind)
        return []


def events_for(gateway: GatewayId, message: Message) -> list[bytes]:
    """What one outbox message means for a gateway."""
    if message.kind == "session.ended":
        reason = access.end_reason_of(message.object_id)
        return [_event("end", {"session": message.object_id, "reason": reason})]
    if message.kind == "keeps.changed":
        return [keeps_event(gateway)]
    if message.kind == "letter.waiting":
        letter = cameras.get_letter(message.object_id, utc_now())
        return [] if letter is None else [_letter_event(letter.edge, letter.id, letter.body)]
    if message.kind == "edge.online":
        waiting = cameras.waiting_letters([message.object_id], utc_now())
        return [_letter_event(letter.edge, letter.id, letter.body) for letter in waiting]
    if message.kind in ("state.changed", RESYNC):
        if message.object_id == "cameras":
            settle(surely=True)
        again = [keeps_event(gateway), *letters_for(gateway)] if message.kind == RESYNC else []
        return [state_event(gateway), *again]
    return []


def first_state(gateway: GatewayId) -> bytes:
    """The state for a gateway that just dialled, and so lives: it takes its share of the cameras at once."""
    settle(surely=True)
    return state_event(gateway)


def beat(gateway: GatewayId, now: datetime) -> bytes | None:
    """What is due each second: cameras of the silent go to the living; a lease, but none for a silent gateway.

    That our stream to it is open proves nothing: a frozen process goes on taking bytes.
    """
    settle()
    return lease_event(gateway, now) if access.is_alive(gateway) else None


def state_event(gateway: GatewayId) -> bytes:
    """Edges and their cameras, the city cameras that this gateway holds, whom to believe.

    Unavailable before log and signer have keys.
    """
    held = services.leases_of(gateway)
    edges = [
        {"id": edge.id, "public_key": to_b64(edge.public_key), "cameras": list(edge.cameras),
         "owner_key": to_b64(edge.owner.public), "owner_rp_id": edge.owner.rp_id}
        for edge in cameras.edges_for_gateway()
    ]  # fmt: skip
    public = [
        _public(camera) | {"epoch": held.get(camera.id, 0)}
        for camera in cameras.public_cameras_for_gateway() if camera.id in held or camera.push_sha256 is not None
    ]  # fmt: skip
    return _event("state", {
        "edges": edges, "public_cameras": public, "log_vkey": ledger.log_vkey(),
        "log_vkeys": [log.vkey for log in ledger.log_verifiers()], "ticket_keys": ticket_public_keys(),
        "origin": settings.ORIGIN,
    })  # fmt: skip


def _public(camera: GatewayCamera) -> dict[str, object]:
    """A city camera is dialled by its address, or sends by a key of which the gateway gets the hash."""
    if camera.push_sha256 is not None:
        return {"id": camera.id, "push_sha256": camera.push_sha256.hex(), "audio": camera.audio}
    low = {"low_url": camera.low_url} if camera.low_url else {}
    return {"id": camera.id, "url": camera.url, "audio": camera.audio, "turn": camera.turn_url, **low}


def keeps_event(gateway: GatewayId) -> bytes:
    """Which looks this gateway is to record: the whole word each time."""
    return _event("keeps", keeps_of(gateway))


def lease_event(gateway: GatewayId, now: datetime) -> bytes:
    """The sessions that may go on, as they stand in the database now."""
    return _event("lease", {"at_ms": to_ms(now), "sessions": access.running_sessions(gateway, now)})


def letters_for(gateway: GatewayId) -> list[bytes]:
    """Letters that wait for edges at this gateway."""
    waiting = cameras.waiting_letters(access.edges_at(gateway), utc_now())
    return [_letter_event(letter.edge, letter.id, letter.body) for letter in waiting]


def _letter_event(edge: str, letter: str, body: str) -> bytes:
    return _event("letter", {"edge": edge, "id": letter, "body": json.loads(body)})


def _event(kind: str, data: dict[str, object]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


async def _read(read: Callable[[], T]) -> T:
    """Run a database read in a thread and give the connection back: a stream must not hold one."""

    def run() -> T:
        try:
            return read()
        finally:
            connection.close()

    return await sync_to_async(run)()
