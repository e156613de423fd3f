"""The owner's page of recordings: what there is of each camera, hour by hour; choose a span, see it, or delete it."""

import asyncio
import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from consentry.edge.clips import Clips, ClockSaid
from consentry.edge.page_door import Door
from consentry.edge.page_frame import Buttons, page
from consentry.edge.page_words import Words, words_for
from consentry.edge.ring import Ring, RingSpan
from consentry.kernel.errors import Malformed, Unavailable
from consentry.kernel.ids import CameraId, bytes_of_id
from consentry.media.motion import Sensitivity

SECOND_US = 1_000_000
HOUR_S = 3_600
SHOWN_H = 24 * 14
COOKIE = "consentry_home"
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")


@dataclass(frozen=True)
class Recorded:
    """What the pages show: the ring, the clips, the cameras that are read, those of them that are not to be recorded.

    `record(camera, on)` is the owner's word; off deletes what there is. `motion`: what counts as motion, None for
    nothing; `set_motion` changes it.
    """

    ring: Ring
    clips: Clips
    cameras: Callable[[], list[CameraId]]
    off: Callable[[], frozenset[CameraId]]
    record: Callable[[CameraId, bool], None]
    motion: Callable[[CameraId], Sensitivity | None]
    set_motion: Callable[[CameraId, Sensitivity | None], None]


@dataclass(frozen=True)
class Owner:
    """Whom the pages serve. `recorded()` is None before pairing; `clock()` is asked on the event loop."""

    door: Door
    buttons: Buttons
    recorded: Callable[[], Recorded | None]
    clock: Callable[[], ClockSaid]

    def require(self, request: web.Request) -> Recorded:
        """The recordings, for a browser that entered; else it is sent to the door."""
        if not self.door.knows(request.cookies.get(COOKIE, ""), self.clock().now_ms):
            raise web.HTTPSeeOther("/enter")
        recorded = self.recorded()
        if recorded is None:
            raise Unavailable("Pair this box first.")
        return recorded


MotionSwitch = Callable[[Owner, Words, CameraId, Sensitivity | None], str]


class RecordingsPage:
    """Handlers below `/recordings`."""

    def __init__(self, owner: Owner, motion_switch: MotionSwitch) -> None:
        self._owner, self._motion_switch = owner, motion_switch

    def routes(self) -> list[web.RouteDef]:
        """To be added to the application."""
        return [
            web.get("/recordings", self._all), web.get("/recordings/{camera}", self._hour),
            web.post("/recordings/{camera}/show", self._show), web.post("/recordings/{camera}/delete", self._delete),
            web.post("/recordings/{camera}/off", self._off), web.post("/recordings/{camera}/on", self._on),
        ]  # fmt: skip

    async def _all(self, request: web.Request) -> web.Response:
        recorded, words = self._owner.require(request), words_for(request)
        now_s = self._owner.clock().now_ms // 1_000
        start_us = (now_s // HOUR_S - SHOWN_H) * HOUR_S * SECOND_US
        parts = []
        for camera in recorded.cameras():
            spans = await asyncio.to_thread(recorded.ring.spans, camera, start_us, (now_s + HOUR_S) * SECOND_US)
            switch = self._switch(words, camera, off=camera in recorded.off())
            motion = self._motion_switch(self._owner, words, camera, recorded.motion(camera))
            parts.append(f"<section><h2>{camera}</h2>{_hours(words, camera, spans)}{motion}{switch}</section>")
        return page(words, nav(words) + ("".join(parts) or f"<p>{words('No camera is read here.')}</p>"))

    def _switch(self, words: Words, camera: CameraId, *, off: bool) -> str:
        where, form = f"/recordings/{camera}", self._owner.buttons.form
        if off:
            return f"<p>{words('This camera is not recorded.')}</p>" + form(f"{where}/on", words("Record it again"))
        says = words("What was recorded of it is deleted. Looks under your terms stay possible.")
        button = form(f"{where}/off", words("Do not record it"), _sure(words))
        return f"<details><summary>{words('Do not record this camera')}</summary><p>{says}</p>{button}</details>"

    async def _off(self, request: web.Request) -> web.Response:
        return await self._record(request, on=False)

    async def _on(self, request: web.Request) -> web.Response:
        return await self._record(request, on=True)

    async def _record(self, request: web.Request, *, on: bool) -> web.Response:
        recorded, camera = self._owner.require(request), read_camera(request)
        await self._owner.buttons.require(request)
        if camera not in recorded.cameras():
            raise Malformed("There is no such camera.")
        recorded.record(camera, on)
        raise web.HTTPSeeOther("/recordings")

    async def _hour(self, request: web.Request) -> web.Response:
        recorded, words, camera = self._owner.require(request), words_for(request), read_camera(request)
        hour_s = _hour_s(request.query.get("hour", ""))
        spans = await asyncio.to_thread(
            recorded.ring.spans, camera, hour_s * SECOND_US, (hour_s + HOUR_S) * SECOND_US
        )  # fmt: skip
        minute = _minute(request.query.get("minute", ""))
        first_s = max(hour_s, -(-spans[0][0] // SECOND_US)) if spans else hour_s
        times = _time_fields(words, hour_s, first_s if minute is None else hour_s + minute * 60)
        form = self._owner.buttons.form
        body = (
            f"<h2>{camera}</h2><h3>{_day(hour_s)}, {_clock(hour_s)}–{_clock(hour_s + HOUR_S)} {_zone(hour_s)}</h3>"
            f"{_bar(words, hour_s, spans)}{_minutes(words, camera, hour_s, minute)}"
            + form(f"/recordings/{camera}/show", words("Show"), times)
            + f"<details><summary>{words('Delete a time')}</summary><p>{words(_DELETES)}</p>"
            + form(f"/recordings/{camera}/delete", words("Delete"), times + _sure(words))
            + "</details>"
        )
        return page(words, nav(words) + body)

    async def _show(self, request: web.Request) -> web.Response:
        recorded, camera = self._owner.require(request), read_camera(request)
        span = _span(await self._owner.buttons.require(request))
        draft = await asyncio.to_thread(recorded.clips.draft, camera, span, self._owner.clock())
        raise web.HTTPSeeOther(f"/clips/{draft.manifest.clip}")

    async def _delete(self, request: web.Request) -> web.Response:
        recorded, camera = self._owner.require(request), read_camera(request)
        span = _span(await self._owner.buttons.require(request))
        if not await asyncio.to_thread(recorded.ring.clear, camera, *span):
            raise Unavailable("This takes longer than it should. Look again in a minute.")
        raise web.HTTPSeeOther(f"/recordings/{camera}?hour={span[0] // SECOND_US // HOUR_S * HOUR_S}")


_DELETES = "Whole pieces of about ten seconds go, so a little more than the time you say. Clips that you made stay."


_CURRENT = ' aria-current="true"'


def nav(words: Words) -> str:
    """Links between the owner's pages."""
    links = (("/", "Stop"), ("/recordings", "Recordings"), ("/clips", "Clips"))
    return "<nav>" + "".join(f'<a href="{where}">{words(label)}</a>' for where, label in links) + "</nav>"


def moment(at_us: int) -> str:
    """`2026-11-28 14:03:05 CET`, in this box's time zone."""
    return f"{_local(at_us // SECOND_US):%Y-%m-%d %H:%M:%S %Z}"


def _sure(words: Words) -> str:
    return f'<label><input type="checkbox" required>{words("It cannot be brought back.")}</label>'


def _hours(words: Words, camera: CameraId, spans: list[RingSpan]) -> str:
    if not spans:
        return f"<p>{words('Nothing is recorded.')}</p>"
    first_h, last_h = spans[0][0] // SECOND_US // HOUR_S, (spans[-1][1] - 1) // SECOND_US // HOUR_S
    days: dict[str, list[str]] = {}
    for hour in range(last_h, first_h - 1, -1):
        days.setdefault(_day(hour * HOUR_S), []).append(_hour_cell(words, camera, hour * HOUR_S, spans))
    return "".join(f'<h3>{day}</h3><ol class="hours">{"".join(cells)}</ol>' for day, cells in days.items())


def _hour_cell(words: Words, camera: CameraId, hour_s: int, spans: list[RingSpan]) -> str:
    start_us, end_us = hour_s * SECOND_US, (hour_s + HOUR_S) * SECOND_US
    covered_us = sum(max(0, min(last, end_us) - max(first, start_us)) for first, last in spans)
    label = _clock(hour_s)
    if not covered_us:
        return f"<li><span>{label}</span></li>"
    says = words("{time}, {minutes} minutes recorded", time=label, minutes=round(covered_us / 60 / SECOND_US))
    part = 100 * covered_us // (end_us - start_us)
    where = f"/recordings/{camera}?hour={hour_s}"
    bar = f'<i><b style="--part:{part}%"></b></i>'
    return f'<li><a class="part" href="{where}" aria-label="{says}">{label}{bar}</a></li>'


def _bar(words: Words, hour_s: int, spans: list[RingSpan]) -> str:
    parts = [(first / SECOND_US - hour_s, (last - first) / SECOND_US) for first, last in spans]
    rects = "".join(f'<rect x="{at:.1f}" y="0" width="{length:.1f}" height="60"/>' for at, length in parts)
    times = [(int(at) + hour_s, int(at + length) + hour_s) for at, length in parts]
    listed = "".join(f"<li>{_clock(first, second=True)}–{_clock(last, second=True)}</li>" for first, last in times)
    ticks = "".join(f"<span>{_clock(hour_s + at)}</span>" for at in range(0, HOUR_S + 1, 900))
    return (
        f'<svg class="bar" viewBox="0 0 {HOUR_S} 60" preserveAspectRatio="none" aria-hidden="true">{rects}</svg>'
        f'<div class="ticks" aria-hidden="true">{ticks}</div>'
        f"<details><summary>{words('What is recorded')}</summary><ul>{listed or '–'}</ul></details>"
    )


def _minutes(words: Words, camera: CameraId, hour_s: int, chosen: int | None) -> str:
    here = f"/recordings/{camera}?hour={hour_s}"
    cells = "".join(
        f'<li><a href="{here}&amp;minute={at}"{_CURRENT if at == chosen else ""}>{_clock(hour_s + at * 60)}</a></li>'
        for at in range(0, 60, 5)
    )
    return f'<h3>{words("Begin at")}</h3><ol class="hours">{cells}</ol>'


def _time_fields(words: Words, hour_s: int, start_s: int) -> str:
    fields = (("from", words("From"), start_s), ("to", words("To"), start_s + 60))
    inputs = "".join(
        f'<label>{label} <input type="time" step="1" name="{name}" value="{_clock(at, second=True)}" required></label>'
        for name, label, at in fields
    )
    return f'<input type="hidden" name="hour" value="{hour_s}"><div class="pair">{inputs}</div>'


def _span(fields: dict[str, str]) -> RingSpan:
    """The span that was typed: it begins within the hour of the page, and ends within a day after."""
    hour_s = _hour_s(fields.get("hour", ""))
    begin, end = (_seconds_of_day(fields.get(name, "")) for name in ("from", "to"))
    local = _local(hour_s)
    into_s = (begin - (local.hour * HOUR_S + local.minute * 60 + local.second)) % 86_400
    if into_s >= HOUR_S:
        raise Malformed("The start is not in this hour.")
    if begin == end:
        raise Malformed("The end is after the start.")
    start_us = (hour_s + into_s) * SECOND_US
    return start_us, start_us + (end - begin) % 86_400 * SECOND_US


def _seconds_of_day(text: str) -> int:
    said = _TIME.fullmatch(text)
    if said is None:
        raise Malformed("A time looks like 14:03:05.")
    return int(said[1]) * HOUR_S + int(said[2]) * 60 + int(said[3] or 0)


def _hour_s(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 11 or int(text) % HOUR_S:
        raise Malformed("There is no such hour.")
    return int(text)


def _minute(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 2 and int(text) < 60 else None


def read_camera(request: web.Request) -> CameraId:
    """The camera that the address of a page names; Malformed when it names none."""
    camera = request.match_info["camera"]
    try:
        bytes_of_id(camera)
    except ValueError as error:
        raise Malformed("There is no such camera.") from error
    if not camera.startswith("cam_"):
        raise Malformed("There is no such camera.")
    return CameraId(html.escape(camera))


def _local(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, tz=UTC).astimezone()


def _day(at_s: int) -> str:
    return f"{_local(at_s):%Y-%m-%d}"


def _clock(at_s: int, *, second: bool = False) -> str:
    return f"{_local(at_s):%H:%M:%S}" if second else f"{_local(at_s):%H:%M}"


def _zone(at_s: int) -> str:
    return f"{_local(at_s):%Z}"
