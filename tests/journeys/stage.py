"""The real demo platform as a stage: started by its own command, told of calls through its own door."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.notices.push_service import PushService, running_push_service

from consentry.demo.calls import DemoCall, eido_of
from consentry.demo.city import build_city
from consentry.demo.dispatch import Sender
from consentry.demo.ground import to_place
from consentry.kernel.clock import utc_now
from consentry.kernel.geo import Place
from consentry.kernel.ids import FeedId

START_S, STOP_S = 300, 60
PORTS = 6
CONSENTRY = Path(sys.executable).with_name("consentry")

# Read in a process of its own: this one's Django belongs to the other tests.
READ_FEED = """
import json, sys
from pathlib import Path
from consentry.project.cli import prepare_django
prepare_django(Path(sys.argv[1]))
from consentry.demo.seed import find_seeding
from consentry.incidents.queries import get_feed
from consentry.incidents.services import feed_secret
seeding = find_seeding()
feed = get_feed(seeding.feed)
print(json.dumps({"feed": feed.id, "secret": feed_secret(feed).hex(), "cameras": seeding.cameras}))
"""


@dataclass(frozen=True)
class Stage:
    """A running platform; `cameras` are ids by the keys of the demo city; `push` is the push service that it knows."""

    origin: str
    data: Path
    sender: Sender
    cameras: dict[str, str]
    open_calls: list[DemoCall] = field(default_factory=list)
    push: PushService | None = None

    @property
    def mail(self) -> Path:
        """Where the demo puts the e-mails that it sends, one file each."""
        return self.data / "mail"

    @property
    def cameras_url(self) -> str:
        """Where the demo's cameras are played."""
        return str(json.loads((self.data / "homes" / "hung.json").read_text())["cameras_url"])

    @property
    def burglary(self) -> Place:
        """The door that is broken into."""
        return to_place(build_city().burglary.door)

    def report(
        self, code: str = "BURGLARY", said: str = "BURGLARY IN PROGRESS", *, place: Place | None = None
    ) -> DemoCall:
        """Dispatch reports a call at `place`, or at the door that the demo's cameras see; its number is new."""
        number, address = f"PM-{uuid.uuid4().hex[:10]}", build_city().burglary.address
        call = DemoCall(number, code, said, place or self.burglary, address)
        self._push(call, is_open=True)
        self.open_calls.append(call)
        return call

    def close(self, call: DemoCall) -> None:
        """Dispatch closes the call."""
        self._push(call, is_open=False)
        self.open_calls.remove(call)

    def _push(self, call: DemoCall, *, is_open: bool) -> None:
        now = utc_now()
        self.sender.push(eido_of(call, reported_at=now, updated_at=now, is_open=is_open))


@contextmanager
def running_stage() -> Iterator[Stage]:
    """Start the demo on free ports in a folder of its own, wait until it serves, stop it in order.

    JOURNEYS_AT="http://localhost:8480 /its/data" plays on a platform that runs already, for whoever writes journeys.
    """
    at = os.environ.get("JOURNEYS_AT")
    if at:
        origin, _, data = at.partition(" ")
        yield _stage(origin, Path(data))
        return
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="consentry-journeys-") as folder:
        data = Path(folder)
        data.chmod(0o711)
        port = _free_port()
        push = stack.enter_context(running_push_service())
        with (data / "up.log").open("wb") as log:
            process = subprocess.Popen(
                [CONSENTRY, "up", "--demo", "--data", folder, "--port", str(port)],
                env=_environment() | {"CONSENTRY_PUSH_SERVICES": push.origin},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            _wait_until_welcome(process, data / "up.log")
            yield replace(_stage(f"http://localhost:{port}", data), push=push)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_S)


def _stage(origin: str, data: Path) -> Stage:
    said = subprocess.run(
        [sys.executable, "-c", READ_FEED, str(data)], env=_environment(), check=True, capture_output=True, text=True
    )
    found = json.loads(said.stdout)
    return Stage(origin, data, Sender(origin, FeedId(found["feed"]), bytes.fromhex(found["secret"])), found["cameras"])


def _environment() -> dict[str, str]:
    """Ours, without what the other tests point at."""
    foreign = ("CONSENTRY_DATA", "DATABASE_URL", "DJANGO_SETTINGS_MODULE")
    return {name: value for name, value in os.environ.items() if name not in foreign}


def _wait_until_welcome(process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_S
    while "Consentry is at" not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the demo did not start:\n{log.read_text()}")
        time.sleep(0.2)


def _free_port() -> int:
    """The first of `PORTS` consecutive ports that nobody uses."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            first = int(probe.getsockname()[1])
        if first + PORTS < 65_536 and all(map(_is_free, range(first, first + PORTS))):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
