"""Leases at the gateway: late ones give no right, what another reads is let go, a frozen process wakes in the dark."""

import asyncio
import os
import signal
from dataclasses import dataclass

from tests.gateway.conftest import City
from tests.gateway.test_process import first_picture, free_port, start_process
from tests.gateway.world import until

from consentry.gateway.lease_age import LeaseAge
from consentry.kernel.ids import SessionId


@dataclass
class Steady:
    """A clock that is set by hand."""

    at_s: float = 100.0

    def __call__(self) -> float:
        return self.at_s


def test_the_age_of_a_lease_needs_no_agreement_of_clocks():
    clock = Steady()
    age = LeaseAge(clock)
    web_ms = 9_000_000_000  # another clock altogether
    assert age.of(web_ms) == 0
    clock.at_s += 1.2
    assert round(age.of(web_ms + 1_000), 3) == 0.2
    clock.at_s += 10  # we slept; this was said a second after the one before
    assert round(age.of(web_ms + 2_000), 3) == 9.2
    assert round(age.of(web_ms + 12_200 - 1_000), 3) == 0
    age.begin()
    assert age.of(5) == 0


async def test_a_lease_that_comes_late_gives_no_right_and_ends_the_stream(city: City):
    viewer = await city.looking()
    city.web.beats = False
    lease = {"at_ms": 0, "sessions": [viewer.session]}
    for _ in range(40):
        city.web.tell("lease", lease)
        await asyncio.sleep(0.05)
    assert await viewer.ended() in ("lapsed", None)


async def test_a_city_camera_that_another_gateway_reads_is_let_go_and_its_health_names_the_epoch(city: City):
    viewer = await city.looking()
    city.web.state_override = city.web.state() | {"public_cameras": []}
    city.web.tell_state()
    assert await viewer.ended() in ("moved", None)
    assert city.gateway.sources.states() == {}
    leased = [{"id": city.public, "url": city.rtsp.url_of("cars"), "epoch": 7}]
    city.web.state_override = city.web.state() | {"public_cameras": leased}
    city.web.tell_state()
    told = {"type": "camera_health", "epochs": {city.public: 7}}
    await until(lambda: any(told.items() <= event.items() for event in city.web.reports))


async def test_after_long_silence_of_the_web_city_cameras_are_no_longer_read(tmp_path, cars):
    city = City(tmp_path, cars)
    await city.start(pull_grace_s=1.0)
    await until(lambda: city.gateway.sources.states().get(city.public) == "online")
    await city.web.stop()
    await until(lambda: city.gateway.sources.states() == {})
    await city.stop()


async def test_a_gateway_with_nothing_to_say_still_signs_each_second(city: City):
    await until(lambda: city.web.silent_reports >= 2)


async def test_what_waited_for_a_slow_viewer_is_not_sent_after_a_sleep_in_which_its_lease_ran_out(city: City):
    viewer = await city.looking()
    sessions = city.gateway.sessions
    session = sessions.find(SessionId(viewer.session))
    assert session is not None
    hub, behind = sessions.hubs[city.public], session.viewer
    behind._queue.extend((shot, 0.0) for shot in hub.main.group)
    sent = behind.sent_shots
    sessions._swept_s -= 60
    session.lease_until_s -= 60
    behind._pump()
    assert (behind.sent_shots, behind.over, sessions.find(SessionId(viewer.session))) == (sent, True, None)


async def test_a_frozen_process_that_wakes_shows_nothing_though_leases_wait_in_its_buffers(tmp_path, cars):
    city, port = City(tmp_path, cars), free_port()
    await city.start_beside(port)
    process = await start_process(tmp_path, city.web.url, port)
    try:
        viewer = await first_picture(city, port)
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(2)  # leases are written to it meanwhile, then the web falls silent
        city.web.beats = False
        await asyncio.sleep(4.5)
        shown = len(viewer.media)
        process.send_signal(signal.SIGCONT)
        assert await viewer.ended() in ("lapsed", None)
        assert len(viewer.media) == shown
    finally:
        os.kill(process.pid, signal.SIGCONT)
        process.kill()
        await process.communicate()
        await city.stop()
