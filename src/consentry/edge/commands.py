"""`consentry edge …`, on the box itself: pair, cameras, events, the recording, stop and resume."""

import argparse
import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from consentry.edge.camera_commands import add_camera, describe_add, describe_discover, discover
from consentry.edge.event_commands import add_event_commands
from consentry.edge.health import ask_health
from consentry.edge.key_letter import rotation_notes
from consentry.edge.main import run
from consentry.edge.meet import meet, new_square
from consentry.edge.motion import put_sensitivity
from consentry.edge.page_door import Door
from consentry.edge.pair import fingerprint_of, pair_edge
from consentry.edge.pins import Pins
from consentry.edge.ring_settings import put_recorded, put_ring_amount, read_ring_settings
from consentry.edge.settings import GIGABYTE, EdgeSettings, read_settings
from consentry.edge.store import Store
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import NotFound
from consentry.kernel.ids import CameraId
from consentry.media.motion import Sensitivity

# argparse types this private; it is what `add_subparsers` returns.
Subparsers = argparse._SubParsersAction  # noqa: SLF001
Act = Callable[[argparse.Namespace], int]


def add_commands(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add `edge` and what is below it; each sets `run(arguments) -> int` as its default."""
    add_below(subparsers.add_parser("edge", help="the box in the owner's home"))


def add_below(edge: argparse.ArgumentParser) -> None:
    """The commands of an edge, below `edge`."""
    below = edge.add_subparsers(required=True, metavar="COMMAND")
    _add(below, "run", "read the cameras and dial out", _run)
    pair = _add(below, "pair", "pair with a server by the code that it shows, or by a square for your phone", _pair)
    pair.add_argument("code", nargs="?", help="AAAA-AAAA-BBBB-BBBB-BBBB; without it a square is shown")
    pair.add_argument("--server", required=True, help="https://…")
    pair.add_argument("--again", action="store_true", help="replace an earlier pairing")
    _add(below, "status", "what is paired, which cameras, stopped or not", _status)
    _add(below, "health", "does the running edge answer?", _health)
    _add(below, "stop", "nobody looks until 'resume'", _stop)
    _add(below, "resume", "allow looks again", _resume)
    camera = below.add_parser("camera", help="cameras of this home")
    cameras = camera.add_subparsers(required=True, metavar="COMMAND")
    describe_add(_add(cameras, "add", "set a camera's address", add_camera))
    remove = _add(cameras, "remove", "read a camera no more and delete its recording", _remove_camera)
    remove.add_argument("camera", help="the camera's id")
    motion = _add(cameras, "motion", "tell the owner when something moves (off unless switched on)", _set_motion)
    motion.add_argument("camera", help="the camera's id")
    motion.add_argument("sensitivity", choices=["off", *Sensitivity], help="how little counts")
    add_event_commands(below, _add)
    describe_discover(_add(below, "discover", "ask this network once for ONVIF cameras", discover))
    code = _add(below, "code", "a code that lets a browser see your recordings on the box's page", _code)
    code.add_argument("--forget", action="store_true", help="let no browser see them any more")
    ring = _add(below, "ring", "your own recording: how much is kept, and of which cameras", _ring)
    ring.add_argument("--hours", type=int, help="keep so many hours (0: record nothing)")
    ring.add_argument("--gigabytes", type=float, help="at most so much (0: what the hours need)")
    ring.add_argument("--off", metavar="CAMERA", help="do not record this camera, and delete what there is of it")
    ring.add_argument("--on", metavar="CAMERA", help="record this camera again")


def _add(below: "Subparsers[argparse.ArgumentParser]", name: str, words: str, act: Act) -> argparse.ArgumentParser:
    parser = below.add_parser(name, help=words)
    parser.add_argument("--data", help="the edge's folder (default: CONSENTRY_EDGE_DATA or ./edge-data)")
    parser.set_defaults(run=act)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    run(_settings(arguments))
    return 0


def _pair(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    if arguments.code is None:
        pins = asyncio.run(_meet(settings, arguments.server, again=arguments.again))
    else:
        pins = asyncio.run(pair_edge(settings, server=arguments.server, code=arguments.code, again=arguments.again))
    _say(f"Paired with {pins.server} as {pins.edge}.")
    _say(f"Owner's key {fingerprint_of(pins.owner.public)} · log {pins.log_vkey.split('+')[0]}")
    _say(f"Witnesses {pins.quorum} of {len(pins.witness_vkeys)}: " + ", ".join(_names(pins.witness_vkeys)))
    return 0


async def _meet(settings: EdgeSettings, server: str, *, again: bool) -> Pins:
    square = new_square(server)
    _say(square.as_text())
    _say("Read this square with your phone's camera within ten minutes, or open there:")
    _say(square.link)
    return await meet(settings, square, again=again)


def _remove_camera(arguments: argparse.Namespace) -> int:
    with _store(arguments) as store:
        if not store.drop_address(CameraId(arguments.camera)):
            raise NotFound("no camera of this edge has this id")
    _say(f"{arguments.camera}: read no more. Its recording is deleted by the running edge, or when it next starts.")
    return 0


def _set_motion(arguments: argparse.Namespace) -> int:
    camera = CameraId(arguments.camera)
    with _store(arguments) as store:
        if store.camera(camera) is None:
            raise NotFound("this edge has no such camera", kind="unknown-camera")
        wanted = None if arguments.sensitivity == "off" else Sensitivity(arguments.sensitivity)
        put_sensitivity(store, camera, wanted)
    _say(f"{camera}: motion {arguments.sensitivity}.")
    return 0


def _ring(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    with _store(arguments) as store:
        size = None if arguments.gigabytes is None else int(arguments.gigabytes * GIGABYTE)
        if arguments.hours is not None or size is not None:
            put_ring_amount(store, hours=arguments.hours, max_bytes=size)
        for camera, recorded in ((arguments.off, False), (arguments.on, True)):
            if camera is not None:
                put_recorded(store, CameraId(camera), recorded=recorded)
        held = read_ring_settings(store, settings.ring)
    bound = "what the disk leaves" if held.max_bytes is None else f"{held.max_bytes / GIGABYTE:g} GB"
    _say(f"Recording: {held.hours} hours, at most {bound}, in {settings.where_ring()}.")
    for camera in sorted(held.off):
        _say(f"{camera}: not recorded.")
    return 0


def _code(arguments: argparse.Namespace) -> int:
    with _store(arguments) as store:
        door = Door(store)
        if arguments.forget:
            door.forget_all()
            _say("No browser sees your recordings any more.")
        else:
            _say(f"{door.new_code(to_ms(utc_now()))} (once, for ten minutes)")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    store = Store(_settings(arguments).folder)
    try:
        pins = store.pins()
        _say("not paired" if pins is None else f"paired with {pins.server} as {pins.edge}")
        _say("stopped: nobody can look" if store.fact("stopped") else "not stopped")
        for camera in store.cameras():
            terms = "no terms" if camera.terms is None else f"terms version {camera.terms.version}"
            paused = ", paused" if camera.paused_at_ms is not None else ""
            _say(f"{camera.id}: {terms}{paused}{'' if camera.has_address else ', no address'}")
        for note in rotation_notes(store.rotations()):
            _say(note)
    finally:
        store.close()
    return 0


def _health(arguments: argparse.Namespace) -> int:
    _say(ask_health(_settings(arguments)))
    return 0


def _stop(arguments: argparse.Namespace) -> int:
    return _put_stop(arguments, "Stopped. Nobody can look until 'consentry edge resume'.", stopped=True)


def _resume(arguments: argparse.Namespace) -> int:
    return _put_stop(arguments, "Looks are possible again, under the owner's terms.", stopped=False)


def _put_stop(arguments: argparse.Namespace, words: str, *, stopped: bool) -> int:
    store = Store(_settings(arguments).folder)
    try:
        store.put_stop(to_ms(utc_now()), stopped=stopped)
    finally:
        store.close()
    _say(words)
    return 0


@contextmanager
def _store(arguments: argparse.Namespace) -> Iterator[Store]:
    store = Store(_settings(arguments).folder)
    try:
        yield store
    finally:
        store.close()


def _settings(arguments: argparse.Namespace) -> EdgeSettings:
    return read_settings(arguments.data)


def _names(vkeys: tuple[str, ...]) -> list[str]:
    return [vkey.split("+")[0] for vkey in vkeys]


def _say(line: str) -> None:
    print(line)
