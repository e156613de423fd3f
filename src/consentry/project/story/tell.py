"""The whole story in one run: a burglary is reported, looked at, stopped by its owner, proven, told in public."""

import asyncio
import hashlib
import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from consentry.demo.calls import DemoCall, eido_of
from consentry.demo.city import build_city
from consentry.demo.dispatch import Sender
from consentry.demo.ground import to_place
from consentry.demo.seed import find_seeding
from consentry.incidents.queries import get_feed
from consentry.incidents.services import feed_secret
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import ConsentryError
from consentry.kernel.note import Verifier
from consentry.ledger.trust import read_policy
from consentry.ledger.verify import Audit, audit_log
from consentry.project.story import steps
from consentry.project.story.visitor import Unexpected, enter

PURPOSE = "crime_in_progress"
VIEWS = 5


@dataclass(frozen=True)
class Stage:
    """Where the story plays: the data folder and the web's address; `sender` pushes calls as dispatch does."""

    data: Path
    origin: str
    sender: Sender


def tell_story(data: Path, origin: str) -> int:
    """Play the story, print one JSON object; 0 only if all of it held."""
    feed = get_feed(find_seeding().feed)
    stage = Stage(data, origin, Sender(origin, feed.id, feed_secret(feed)))
    try:
        measured = asyncio.run(_play(stage))
    except ConsentryError as error:
        sys.stderr.write(f"  the story broke: {error}\n")
        return 1
    sys.stdout.write(json.dumps(measured) + "\n")
    return 0


async def _play(stage: Stage) -> dict[str, Any]:
    call = _burglary()
    async with enter(stage.origin, "analyst") as analyst, enter(stage.origin, "owner") as owner:
        await steps.wait_for_cameras(owner)
        pushed_at_s = monotonic()
        await _push(stage, call, is_open=True)
        incident, call_to_screen_ms = await steps.see_call(analyst, call.number, pushed_at_s)
        await steps.wait_for_log(analyst, incident["id"])
        ask, looks = await steps.look(analyst, incident["id"], views=VIEWS, purpose=PURPOSE)
        if ask["refusals"] or not looks:
            raise Unexpected(f"the ask opened nothing: {ask['refusals']}")
        for look in looks:
            await steps.see_pictures(look)
        camera, seen = await steps.find_running(owner)
        running = next((look for look in looks if look.session == seen["id"]), None)
        if running is None:
            raise Unexpected("the owner's page shows another look than the analyst's")
        stop_ms = await steps.stop(owner, camera, running)
        overview = await analyst.get("/api/public/overview")
        await steps.check_proof(owner, camera, running.session, overview["log_vkey"])
        await _close(stage, call, looks)
        await steps.see_in_public(analyst, reveals=len(looks))
        audit = await _audit(stage.data)
    return {
        "call_to_screen_ms": call_to_screen_ms,
        "ask_to_decision_ms": round((looks[0].decided_at_s - looks[0].asked_at_s) * 1000),
        "ask_to_first_frame_ms": _first_frame_ms(looks),
        "stop_to_last_byte_ms": stop_ms,
        "ledger_entries": audit.head.size,
        "ledger_verified": audit.holds,
        "frames": sum(look.viewer.watched.frames for look in looks),
    }


async def _close(stage: Stage, call: DemoCall, looks: list[steps.Look]) -> None:
    """The call closes: every look that still ran ends, and its tile says so."""
    await _push(stage, call, is_open=False)
    for look in looks:
        watched = await asyncio.wait_for(look.watching, steps.WITHIN_S)
        if watched.end_reason not in ("stopped", "call_closed"):
            raise Unexpected(f"a look ended by {watched.end_reason!r}, not by the call's closing")


async def _audit(data: Path) -> Audit:
    """Audit the static files once a witnessed checkpoint covers the reveals; Unexpected when they do not hold."""
    policy = read_policy(data / "keys" / "witnesses.policy")
    log = Verifier.parse((data / "keys" / "log.pub").read_text().strip())
    deadline = monotonic() + steps.WITHIN_S
    while True:
        audit = await asyncio.to_thread(audit_log, str(data / "ledger"), log, policy.verifiers, policy.quorum)
        if not audit.holds:
            raise Unexpected(f"the log does not hold: {audit.findings[0].text}")
        if audit.reveals > 0:
            return audit
        if monotonic() > deadline:
            raise Unexpected("no witnessed checkpoint covers the reveals")
        await asyncio.sleep(0.2)


async def _push(stage: Stage, call: DemoCall, *, is_open: bool) -> None:
    now = utc_now()
    document = eido_of(call, reported_at=now, updated_at=now, is_open=is_open)
    await asyncio.to_thread(stage.sender.push, document)


def burglary_pusher(origin: str) -> Callable[..., str]:
    """A function that reports a burglary (or closes the one of `number`), calls `accepted`, and returns its number."""
    feed = get_feed(find_seeding().feed)
    sender = Sender(origin, feed.id, feed_secret(feed))

    def push(*, is_open: bool, number: str = "", accepted: Callable[[], None] = lambda: None) -> str:
        call = replace(_burglary(), number=number) if number else _burglary()
        now = utc_now()
        sender.push(eido_of(call, reported_at=now, updated_at=now, is_open=is_open))
        accepted()
        return call.number

    return push


def _burglary() -> DemoCall:
    spot = build_city().burglary
    number = f"PM-{hashlib.sha256(str(utc_now()).encode()).hexdigest()[:10]}"
    return DemoCall(number, "BURGLARY", "BURGLARY IN PROGRESS", to_place(spot.door), spot.address)


def _first_frame_ms(looks: list[steps.Look]) -> int:
    """Median over the looks of this ask."""
    seen = [look.viewer.watched.first_at_s - look.asked_at_s for look in looks if look.viewer.watched.first_at_s]
    return round(statistics.median(seen) * 1000)
