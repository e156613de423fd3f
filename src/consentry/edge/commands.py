"""`consentry edge run | pair | camera add | discover | events | status | stop | resume`, run on the box itself."""

import argparse
import asyncio
from collections.abc import Callable

from consentry.edge.camera_commands import add_camera, describe_add, describe_discover, discover
from consentry.edge.event_commands import add_event_commands
from consentry.edge.key_letter import rotation_notes
from consentry.edge.main import run
from consentry.edge.pair import fingerprint_of, pair_edge
from consentry.edge.settings import EdgeSettings, read_settings
from consentry.edge.store import Store
from consentry.kernel.clock import to_ms, utc_now

# argparse types this private; it is what `add_subparsers` returns.
Subparsers = argparse._SubParsersAction  # noqa: SLF001
Act = Callable[[argparse.Namespace], int]


def add_commands(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add `edge` and what is below it; each sets `run(arguments) -> int` as its default."""
    edge = subparsers.add_parser("edge", help="the box in the owner's home")
    below = edge.add_subparsers(required=True, metavar="COMMAND")
    _add(below, "run", "read the cameras and dial out", _run)
    pair = _add(below, "pair", "pair with a server by the code that it shows", _pair)
    pair.add_argument("code", help="AAAA-AAAA-BBBB-BBBB-BBBB")
    pair.add_argument("--server", required=True, help="https://…")
    pair.add_argument("--again", action="store_true", help="replace an earlier pairing")
    _add(below, "status", "what is paired, which cameras, stopped or not", _status)
    _add(below, "stop", "nobody looks until 'resume'", _stop)
    _add(below, "resume", "allow looks again", _resume)
    camera = below.add_parser("camera", help="cameras of this home")
    below_camera = camera.add_subparsers(required=True, metavar="COMMAND")
    describe_add(_add(below_camera, "add", "set a camera's address", add_camera))
    add_event_commands(below, _add)
    describe_discover(_add(below, "discover", "ask this network once for ONVIF cameras", discover))


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
    pins = asyncio.run(pair_edge(settings, server=arguments.server, code=arguments.code, again=arguments.again))
    _say(f"Paired with {pins.server} as {pins.edge}.")
    _say(f"Owner's key {fingerprint_of(pins.owner.public)} · log {pins.log_vkey.split('+')[0]}")
    _say(f"Witnesses {pins.quorum} of {len(pins.witness_vkeys)}: " + ", ".join(_names(pins.witness_vkeys)))
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


def _settings(arguments: argparse.Namespace) -> EdgeSettings:
    return read_settings(arguments.data)


def _names(vkeys: tuple[str, ...]) -> list[str]:
    return [vkey.split("+")[0] for vkey in vkeys]


def _say(line: str) -> None:
    print(line)
