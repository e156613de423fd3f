"""Loss and jitter made by the kernel (`tc netem`) between a gateway and a viewer in a network of its own."""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiortc import RTCSessionDescription
from tests.gateway.conftest import City
from tests.gateway.rtc_world import RtcViewer
from tests.gateway.world import until

CLONE_NEWNET = 0x40000000
OURS, THEIRS = "10.213.77.1", "10.213.77.2"


@dataclass(frozen=True)
class Apart:
    """A network namespace behind a virtual cable: `near` is our end."""

    name: str
    near: str

    def bad(self) -> str:
        """Make the cable lose and delay; the kernel's words when it cannot."""
        netem = ("netem", "loss", "2%", "delay", "20ms", "5ms")
        done = subprocess.run(
            ("tc", "qdisc", "add", "dev", self.near, "root", *netem), capture_output=True, text=True, check=False
        )
        return done.stderr.strip()

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets that are opened now are in that network, and stay there."""
        libc = ctypes.CDLL(None, use_errno=True)
        with Path("/proc/thread-self/ns/net").open() as home, Path(f"/run/netns/{self.name}").open() as away:
            assert libc.setns(away.fileno(), CLONE_NEWNET) == 0
            try:
                yield
            finally:
                assert libc.setns(home.fileno(), CLONE_NEWNET) == 0


def lacking(words: str) -> None:
    """Skip; where `./test --netem` brought a kernel for this, fail."""
    (pytest.fail if os.environ.get("CONSENTRY_NETEM") else pytest.skip)(words)


@pytest.fixture
def apart() -> Iterator[Apart]:
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("tc"):
        lacking("network namespaces need root and Debian's iproute2")
    made = Apart(f"consentry{os.getpid()}", f"cs{os.getpid()}a")
    far = f"cs{os.getpid()}b"
    steps = (
        f"netns add {made.name}", f"link add {made.near} type veth peer name {far} netns {made.name}",
        f"addr add {OURS}/30 dev {made.near}", f"link set {made.near} up",
        f"-n {made.name} addr add {THEIRS}/30 dev {far}", f"-n {made.name} link set {far} up",
        f"-n {made.name} link set lo up",
    )  # fmt: skip
    try:
        for step in steps:
            done = subprocess.run(["ip", *step.split()], capture_output=True, text=True, check=False)
            if done.returncode:
                lacking(f"no network namespace here: {done.stderr.strip()}")
        yield made
    finally:
        subprocess.run(["ip", "link", "del", made.near], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "del", made.name], capture_output=True, check=False)


@pytest.mark.parametrize("bad", [False, True], ids=["a good cable", "2 % loss, 20 ms and jitter"])
async def test_a_viewer_in_a_network_of_its_own_keeps_its_picture(tmp_path, cars, apart, bad):
    if bad and (words := apart.bad()):
        lacking(f"this kernel has no netem: {words}")
    city = City(tmp_path, cars)
    try:
        # An emulated machine may stand still for more than the second that a silent web is believed.
        await city.start(rtc_host=OURS, host="0.0.0.0", lease_s=10.0)
        viewer = RtcViewer(city.authority, city.identity.gateway, city.gateway.port, city.public)
        city.web.leased.add(viewer.session)
        city.open.append(viewer)
        with apart.inside():
            await viewer.prepare()  # its sockets for media are there, its requests come from here
        assert THEIRS in viewer.peer.localDescription.sdp
        await viewer.challenge()
        assert await viewer.post() == 201
        await viewer.peer.setRemoteDescription(RTCSessionDescription(viewer.answer, "answer"))
        await until(lambda: len(viewer.frames) > 60, 20)  # 5 s of pictures
        inside = city.gateway.sessions.find(viewer.session).viewer
        assert inside.link.address[0] == THEIRS
        assert inside.sent_shots - len(viewer.frames) < 30  # what was sent is seen, repeats included
        assert bool(inside.sender.repeated) == bad
    finally:
        await city.stop()
