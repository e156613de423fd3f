"""Running looks under clocks of our own: they end by expiry, missing witnesses, the owner and the used-up opening."""

from pathlib import Path

import pytest
from tests.edge.world import MINUTE_MS, NOW_MS, POLICY, World

from consentry.edge.clock import EdgeClock
from consentry.edge.guard import Denied
from consentry.edge.looks import Ended, Look, Looks, Request
from consentry.edge.store import Store
from consentry.kernel.opening import Opening


class Home:
    """A store and looks with clocks that tests move."""

    def __init__(self, folder: Path, world: World) -> None:
        self.world, self.store = world, Store(folder)
        self.store.pin(world.pins(), (POLICY,))
        self.store.put_address(world.camera, b"sealed")
        self.store.put_terms(world.camera, world.terms(), version=1)
        self.steady_ms = 1_000
        self.ended: list[Ended] = []
        clock = EdgeClock(lambda: world.now_ms, lambda: self.steady_ms)
        self.looks = Looks(self.store, world.trusted(), clock, self.ended.append)

    def present(self, opening: Opening, ticket: bytes) -> Look | Denied:
        world = self.world
        before = opening.index
        request = Request(
            str(opening.private["session"]), world.gateway, opening, ticket,
            world.log.witnessed(before, at_ms=world.now_ms), world.log.bridge(before, before + 1),
        )  # fmt: skip
        return self.looks.open(request)

    def open(self) -> tuple[Opening, Look]:
        opening, ticket = self.world.look()
        look = self.present(opening, ticket)
        assert isinstance(look, Look)
        return opening, look

    def pass_time(self, ms: int) -> None:
        self.world.now_ms += ms
        self.steady_ms += ms
        self.looks.tick()

    def reasons(self) -> list[str]:
        return [ended.reason for ended in self.ended]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, World())


def test_a_look_without_renewal_ends_with_its_ticket(home: Home) -> None:
    opening, _ = home.open()
    home.looks.cover(str(opening.private["session"]))
    home.pass_time(59_999)
    assert home.looks.may_send(home.world.camera, home.world.gateway)
    home.pass_time(1)
    assert not home.looks.may_send(home.world.camera, home.world.gateway)
    assert home.reasons() == ["expired"]


def test_no_unit_may_leave_after_expiry_even_before_the_next_tick(home: Home) -> None:
    home.open()
    home.world.now_ms += 60_000
    assert not home.looks.may_send(home.world.camera, home.world.gateway)


def test_setting_the_wall_clock_back_prolongs_nothing(home: Home) -> None:
    opening, _ = home.open()
    home.looks.cover(str(opening.private["session"]))
    home.steady_ms += 60_000
    assert not home.looks.may_send(home.world.camera, home.world.gateway)


def test_renewals_prolong_a_look_up_to_the_end_of_its_grant(home: Home) -> None:
    opening, look = home.open()
    home.looks.cover(str(opening.private["session"]))
    session = look.request.session
    for serial in range(2, 20):
        home.pass_time(30_000)
        left_ms = opening.number("max_until") - home.world.now_ms
        ticket = home.world.ticket(opening, serial=serial, not_after_ms=home.world.now_ms + min(60_000, left_ms))
        assert home.looks.renew(session, ticket) is None
    home.pass_time(60_000)
    assert home.world.now_ms == NOW_MS + 10 * MINUTE_MS
    assert home.reasons() == ["expired"]


def test_a_refused_renewal_leaves_the_look_with_the_time_it_has(home: Home) -> None:
    opening, look = home.open()
    home.looks.cover(str(opening.private["session"]))
    home.pass_time(30_000)
    assert home.looks.renew(look.request.session, b"\x00" * 192) == Denied("malformed")
    assert home.looks.renew("ses_unknown", b"") == Denied("no-such-look")
    home.pass_time(29_999)
    assert home.reasons() == []
    home.pass_time(1)
    assert home.reasons() == ["expired"]


def test_a_look_that_no_witnessed_checkpoint_covers_stops_by_itself_after_ten_seconds(home: Home) -> None:
    home.open()
    home.pass_time(9_999)
    assert home.reasons() == []
    assert home.looks.waits_for_witnesses()
    home.pass_time(1)
    assert home.reasons() == ["unwitnessed"]


def test_a_checkpoint_with_its_quorum_that_covers_the_look_lets_it_go_on(home: Home) -> None:
    opening, _ = home.open()
    home.pass_time(5_000)
    home.looks.cover(str(opening.private["session"]))
    home.pass_time(20_000)
    assert home.reasons() == []
    assert not home.looks.waits_for_witnesses()


def test_an_opening_is_used_once_also_across_a_restart(home: Home, tmp_path: Path) -> None:
    opening, look = home.open()
    home.looks.close(look.request.session, "closed")
    assert home.present(opening, home.world.ticket(opening, serial=2)) == Denied("opening-used")
    home.store.close()
    again = Home(tmp_path, home.world)
    assert again.present(opening, home.world.ticket(opening, serial=3)) == Denied("opening-used")


def test_an_opening_for_another_session_is_refused(home: Home) -> None:
    opening, ticket = home.world.look()
    other = Request("ses_other", home.world.gateway, opening, ticket)
    assert home.looks.open(other) == Denied("session-other")


@pytest.mark.parametrize("act", ["stop", "pause", "withdraw", "tighten"])
def test_what_the_owner_changes_ends_a_look_at_the_next_tick(home: Home, act: str) -> None:
    home.open()
    camera = home.world.camera
    {
        "stop": lambda: home.store.put_stop(1, stopped=True),
        "pause": lambda: home.store.put_pause(camera, NOW_MS),
        "withdraw": lambda: home.store.put_terms(camera, None, version=-1),
        "tighten": lambda: home.store.put_terms(camera, home.world.terms(max_distance_m=100, version=2), version=2),
    }[act]()
    home.looks.tick()
    words = {"stop": "stopped", "pause": "paused", "withdraw": "withdrawn", "tighten": "withdrawn"}
    assert home.reasons() == [words[act]]
    assert not home.looks.may_send(camera, home.world.gateway)


def test_another_process_that_writes_stop_ends_a_look_too(home: Home, tmp_path: Path) -> None:
    home.open()
    beside = Store(tmp_path)
    beside.put_stop(1, stopped=True)
    beside.close()
    home.looks.tick()
    assert home.reasons() == ["stopped"]


def test_the_end_of_the_owners_hours_ends_a_running_look(tmp_path: Path) -> None:
    from consentry.kernel.clock import from_ms
    from consentry.kernel.terms import HourSpan, terms_sha256

    home = Home(tmp_path, World())
    minute = from_ms(NOW_MS).hour * 60 + from_ms(NOW_MS).minute
    hours = (HourSpan((0, 1, 2, 3, 4, 5, 6), 0, minute + 1),)
    terms = home.world.terms(hours=hours, time_zone="UTC", version=2)
    home.store.put_terms(home.world.camera, terms, version=2)
    opening, ticket = home.world.look(terms, terms_sha256=terms_sha256(terms))
    assert isinstance(home.present(opening, ticket), Look)
    home.looks.cover(str(opening.private["session"]))
    home.pass_time(60_000 - NOW_MS % 60_000 - 1)
    assert home.reasons() == []
    home.pass_time(1_000)
    assert home.reasons() == ["expired"]


def test_a_gateway_gets_only_the_pictures_of_looks_presented_through_it(home: Home) -> None:
    home.open()
    assert not home.looks.may_send(home.world.camera, "gwy_other")
    home.looks.close_all("closed", audience=home.world.gateway)
    assert home.reasons() == ["closed"]


def test_a_session_that_runs_is_not_opened_twice(home: Home) -> None:
    opening, _ = home.open()
    assert home.present(opening, home.world.ticket(opening, serial=2)) == Denied("too-many-looks")


def test_the_switch_holds_in_memory_when_the_disk_does_not_take_it(home: Home) -> None:
    home.open()
    home.looks.block(blocked=True)
    assert home.reasons() == ["stopped"]
    assert home.store.fact("stopped") is None
    assert home.present(*home.world.look()) == Denied("stopped")
