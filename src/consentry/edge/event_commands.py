"""`consentry edge events list | mqtt | hear | hook`: what tells this box of events, said on the box itself."""

import argparse
import contextlib
import getpass
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from consentry.edge.event_log import EventLog
from consentry.edge.events import EventKind
from consentry.edge.hook import new_hook_secret
from consentry.edge.kept import keep_secret
from consentry.edge.key_files import EdgeKeys, load_keys
from consentry.edge.mqtt import Broker, Topics, dump_broker, dump_topics
from consentry.edge.settings import read_settings
from consentry.edge.store import Store
from consentry.kernel.errors import Malformed, NotFound
from consentry.kernel.ids import CameraId

MAX_TOPICS = 16
MAX_TOPIC_CHARS = 300
# argparse types this private; it is what `add_subparsers` returns.
Subparsers = argparse._SubParsersAction  # noqa: SLF001
Act = Callable[[argparse.Namespace], int]
Add = Callable[["Subparsers[argparse.ArgumentParser]", str, str, Act], argparse.ArgumentParser]


def add_event_commands(below: "Subparsers[argparse.ArgumentParser]", add: Add) -> None:
    """Add `events` and what is below it."""
    parser = below.add_parser("events", help="motion and doorbells: the list, and who tells of them")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    add(verbs, "list", "what happened, newest first", _list).add_argument("--last", type=int, default=20)
    mqtt = add(verbs, "mqtt", "listen to your MQTT broker (Frigate, Home Assistant)", _mqtt)
    mqtt.add_argument("--host", help="name or address of the broker; without it, listen no longer")
    mqtt.add_argument("--port", type=int, help="default: 8883, with --plain 1883")
    mqtt.add_argument("--user", default="", help="its password is asked for")
    mqtt.add_argument("--ca", type=Path, help="PEM file of the authority that signed the broker's certificate")
    mqtt.add_argument("--plain", action="store_true", help="without TLS: for a broker on this very machine")
    mqtt.add_argument("--frigate", default="frigate", help="Frigate's topic_prefix (default: frigate)")
    hear = add(verbs, "hear", "which of the broker's topics are this camera's; none: forget them", _hear)
    hear.add_argument("camera")
    hear.add_argument("--frigate", default="", metavar="NAME", help="the camera's name in Frigate")
    hear.add_argument("--motion", action="append", default=[], metavar="TOPIC", help="says ON when something moves")
    hear.add_argument("--doorbell", action="append", default=[], metavar="TOPIC", help="says ON when somebody rings")
    hook = add(verbs, "hook", "make a secret for this camera's webhook; shown once", _hook)
    hook.add_argument("camera")
    hook.add_argument("--off", action="store_true", help="take no webhook any more")


def _list(arguments: argparse.Namespace) -> int:
    log = EventLog(read_settings(arguments.data).folder)
    try:
        for _, event in log.newest(max(0, min(arguments.last, 2_000))):
            at = datetime.fromtimestamp(event.at_ms / 1000, UTC).isoformat(timespec="seconds")
            print(f"{at}  {event.camera}  {event.kind}  {event.source}")
    finally:
        log.close()
    return 0


def _mqtt(arguments: argparse.Namespace) -> int:
    broker = None
    if arguments.host:
        port = arguments.port or (1883 if arguments.plain else 8883)
        ca = arguments.ca.read_text() if arguments.ca else ""
        password = _password() if arguments.user else ""
        broker = Broker(arguments.host, port, not arguments.plain, arguments.user, password, ca, arguments.frigate)
    with _kept(arguments) as (store, keys):
        keep_secret(store, keys, "mqtt", None if broker is None else dump_broker(broker))
    print("Listening to no broker." if broker is None else f"Listening to {broker.host}:{broker.port}.")
    return 0


def _hear(arguments: argparse.Namespace) -> int:
    own = [(topic, EventKind.MOTION) for topic in arguments.motion]
    own += [(topic, EventKind.DOORBELL) for topic in arguments.doorbell]
    named = [arguments.frigate, *(topic for topic, _ in own)]
    if len(own) > MAX_TOPICS or any(len(name) > MAX_TOPIC_CHARS or set(name) & set("#+\0") for name in named):
        raise Malformed("at most 16 topics, none with + or #")
    topics = Topics(arguments.frigate, tuple(own))
    with _kept(arguments) as (store, keys):
        camera = _known(store, arguments.camera)
        keep_secret(store, keys, f"mqtt/{camera}", dump_topics(topics) if any(named) else None)
    print(f"{camera}: {'hears nothing by MQTT' if not any(named) else 'kept'}.")
    return 0


def _hook(arguments: argparse.Namespace) -> int:
    secret = None if arguments.off else new_hook_secret()
    with _kept(arguments) as (store, keys):
        camera = _known(store, arguments.camera)
        keep_secret(store, keys, f"hook/{camera}", secret)
    if secret is None:
        print(f"{camera}: takes no webhook any more.")
    else:
        print(f"POST /hook/{camera} at this box's own page. The secret, shown this once:\n{secret}")
    return 0


@contextlib.contextmanager
def _kept(arguments: argparse.Namespace) -> Iterator[tuple[Store, EdgeKeys]]:
    folder = read_settings(arguments.data).folder
    store = Store(folder)
    try:
        yield store, load_keys(folder)
    finally:
        store.close()


def _known(store: Store, camera: str) -> CameraId:
    if store.camera(CameraId(camera)) is None:
        raise NotFound("this box has no such camera: 'camera add' first")
    return CameraId(camera)


def _password() -> str:
    return getpass.getpass("Password of the broker: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
