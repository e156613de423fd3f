"""The steps of the story, each measured where it happens: call, ask, look, stop, proof, public record."""

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Any

from consentry.kernel.canonical import canonical_json, to_b64
from consentry.kernel.checkpoint import open_checkpoint
from consentry.kernel.merkle import verify_inclusion
from consentry.kernel.note import Verifier
from consentry.kernel.opening import leaf_of, parse_opening
from consentry.project.story.viewer import HolderKey, Viewer, Watched
from consentry.project.story.visitor import Unexpected, Visitor

WITHIN_S = 20.0
CAMERAS_WITHIN_S = 120.0
WATCH_FRAMES = 24


@dataclass
class Look:
    """A look that runs: its session, its viewer, and the task that watches."""

    session: str
    viewer: Viewer
    watching: "asyncio.Task[Watched]"
    asked_at_s: float
    decided_at_s: float


async def wait_for_cameras(owner: Visitor) -> None:
    """Wait until the owner's page says that every camera works; the policy opens no other."""
    deadline = monotonic() + CAMERAS_WITHIN_S
    while True:
        states = {camera["name"]: camera["state"] for camera in (await owner.get("/api/home"))["cameras"]}
        if states and set(states.values()) == {"online"}:
            return
        if monotonic() > deadline:
            raise Unexpected(f"not every camera of the owner works: {states}")
        await asyncio.sleep(0.1)


async def see_call(analyst: Visitor, number: str, pushed_at_s: float) -> tuple[dict[str, Any], int]:
    """Wait until the call stands on the analyst's list. Returns the incident and the ms since it was pushed."""
    deadline = monotonic() + WITHIN_S
    while monotonic() < deadline:
        await analyst.hear("incident.changed", within_s=deadline - monotonic())
        for incident in await analyst.get("/api/incidents?open=true"):
            if incident["number"] == number:
                return incident, _ms(monotonic() - pushed_at_s)
    raise Unexpected(f"call {number} never came to the screen")


async def wait_for_log(analyst: Visitor, incident: str) -> None:
    """Wait until the call's commitment is in the log; an ask before that is refused."""
    deadline = monotonic() + WITHIN_S
    while (await analyst.get(f"/api/incidents/{incident}"))["ledger_index"] is None:
        if monotonic() > deadline:
            raise Unexpected("the call never came into the log")
        await asyncio.sleep(0.02)


async def look(analyst: Visitor, incident: str, *, views: int, purpose: str) -> tuple[dict[str, Any], list[Look]]:
    """Ask, and open every view that the policy allows at once."""
    key = HolderKey()
    asked_at_s = monotonic()
    body = {"incident": incident, "purpose": purpose, "views": views, "holder_key": to_b64(key.point)}
    ask = await analyst.post("/api/asks", body)
    decided_at_s = monotonic()
    return ask, [await open_look(analyst, found["id"], key, (asked_at_s, decided_at_s)) for found in ask["sessions"]]


async def open_look(analyst: Visitor, session: str, key: HolderKey, times: tuple[float, float]) -> Look:
    """Fetch opening and ticket, dial the gateway, start watching."""
    opened = await analyst.post(f"/api/live/sessions/{session}/opening")
    viewer = Viewer(key, opened, analyst.origin)
    return Look(session, viewer, asyncio.create_task(viewer.watch()), *times)


async def see_pictures(running: Look) -> None:
    """Wait until the look shows moving pictures."""
    deadline = monotonic() + WITHIN_S
    while running.viewer.watched.frames < WATCH_FRAMES:
        if running.watching.done():
            raise Unexpected(f"the look ended at once: {running.watching.result().end_reason or 'no reason given'}")
        if monotonic() > deadline:
            raise Unexpected(f"only {running.viewer.watched.frames} pictures within {WITHIN_S:g} s")
        await asyncio.sleep(0.02)


async def find_running(owner: Visitor) -> tuple[str, dict[str, Any]]:
    """The owner's camera through which somebody looks now, and the look as the owner reads it."""
    deadline = monotonic() + WITHIN_S
    while monotonic() < deadline:
        for camera in (await owner.get("/api/home"))["cameras"]:
            if camera["looks_now"]:
                return camera["id"], camera["looks_now"][0]
        await asyncio.sleep(0.05)
    raise Unexpected("the owner's page does not say who looks")


async def stop(owner: Visitor, camera: str, running: Look) -> int:
    """One tap; ms from the tap to the last byte at the viewer (0 when none came after it)."""
    tapped_at_s = monotonic()
    await owner.post(f"/api/home/cameras/{camera}/stop")
    try:
        watched = await asyncio.wait_for(running.watching, WITHIN_S)
    except TimeoutError as error:
        raise Unexpected("the look goes on after the owner's stop") from error
    if watched.end_reason != "stopped":
        raise Unexpected(f"the tile says {watched.end_reason!r}, not that the owner stopped it")
    return max(0, _ms((watched.last_byte_at_s or tapped_at_s) - tapped_at_s))


async def check_proof(owner: Visitor, camera: str, session: str, log_vkey: str) -> None:
    """Verify the owner's proof of this look as the browser does: fields → commitment → leaf → root → signature."""
    looks = await owner.get(f"/api/home/cameras/{camera}/looks")
    found = next((item for item in looks if item["id"] == session), None)
    if found is None or not found["proof"]:
        raise Unexpected("the owner's list has no proof of this look")
    opening = parse_opening(canonical_json(found["proof"]))
    head = open_checkpoint(opening.checkpoint, Verifier.parse(log_vkey))
    verify_inclusion(leaf_of(opening), opening.index, head.size, opening.proof, head.root)


async def see_in_public(public: Visitor, *, reveals: int) -> list[dict[str, Any]]:
    """Wait until the public page shows at least `reveals` looks."""
    deadline = monotonic() + WITHIN_S
    while monotonic() < deadline:
        found = (await public.get("/api/public/looks"))["looks"]
        if len(found) >= reveals:
            return list(found)
        await asyncio.sleep(0.2)
    raise Unexpected("the public page does not show the look")


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
