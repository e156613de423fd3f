"""`consentry up` as a whole: the demo's fence, restarts, Ctrl-C, kill -9, and the second start on the same folder."""

import http.client
import json
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.running import Running, consentry, free_port, launch, own_folder, processes_of, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def platform() -> Iterator[Running]:
    """One running demo; the tests below use it in their order: fence, restarts, Ctrl-C, second start, kill -9."""
    with own_folder() as data:
        running = launch(data, free_port())
        try:
            yield running
        finally:
            if running.process.poll() is None:
                running.interrupt()


def status_of(platform: Running, path: str = "/api/session", **headers: str) -> int:
    """What the web answers to a request with these headers."""
    link = http.client.HTTPConnection("127.0.0.1", platform.port, timeout=30)
    try:
        link.putrequest("GET", path, skip_host=True)
        for name, value in {"Host": f"localhost:{platform.port}", **headers}.items():
            link.putheader(name.replace("_", "-"), value)
        link.endheaders()
        return link.getresponse().status
    finally:
        link.close()


def doors(platform: Running) -> list[object]:
    """The demo's people."""
    with urllib.request.urlopen(f"{platform.origin}/api/demo/doors", timeout=30) as answer:
        return list(json.load(answer))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_demo_is_refused_on_any_host_but_loopback(tmp_path: Path, host: str) -> None:
    done = consentry("up", "--demo", "--host", host, "--data", str(tmp_path / "data"))
    assert done.returncode == 1
    assert "loopback" in done.stderr
    assert not (tmp_path / "data").exists()


def test_demo_answers_this_machine_only(platform: Running) -> None:
    assert status_of(platform) == 200
    hosts = [
        "example.org",
        f"example.org:{platform.port}",
        "localhost.example.org",
        "",
        "localhost:x",
        "127.0.0.1.nip.io",
    ]
    assert {host: status_of(platform, Host=host) for host in hosts} == dict.fromkeys(hosts, 400)
    proxied = ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Via", "X-Real-IP"]
    assert {name: status_of(platform, **{name: "127.0.0.1"}) for name in proxied} == dict.fromkeys(proxied, 400)


@pytest.mark.parametrize("name", ["web", "gateway", "sequencer", "signer"])
def test_killed_child_is_started_again_and_said(platform: Running, name: str) -> None:
    before = platform.signal(name, signal.SIGKILL)
    wait_until(lambda: bool(set(platform.pids(name)) - set(before)), f"{name} started again")
    wait_until(lambda: f"{name} started again" in platform.said, f"{name} said so")
    assert f"{name} ended (signal SIGKILL)" in platform.said
    assert not set(platform.pids(name)) & set(before)


def test_all_serve_again_after_the_restarts(platform: Running) -> None:
    def is_well() -> bool:
        try:
            return status_of(platform) == 200 and (platform.data / "run" / "signer.sock").exists()
        except OSError:
            return False

    wait_until(is_well, "the web answered")


def test_ctrl_c_stops_all_and_the_second_start_keeps_all(platform: Running) -> None:
    people = doors(platform)
    assert len(people) >= 5
    size = platform.query("select count(*) from ledger_entry")[0][0]
    assert platform.interrupt() == 0
    assert processes_of(platform.data) == []
    again = launch(platform.data, free_port())
    platform.process, platform.port, platform.log = again.process, again.port, again.log
    assert doors(platform) == people
    assert int(str(platform.query("select count(*) from ledger_entry")[0][0])) >= int(str(size))


def test_second_platform_on_the_same_folder_is_refused(platform: Running) -> None:
    second = consentry("up", "--demo", "--data", str(platform.data), "--port", str(free_port()))
    assert second.returncode == 1
    assert "already" in second.stderr
    assert status_of(platform) == 200
    assert platform.query("select 1") == [(1,)]


def test_kill_9_of_the_parent_leaves_no_process(platform: Running) -> None:
    assert {"web", "postgres", "gateway", "sequencer", "signer", "worker"} <= {
        n for _, n in processes_of(platform.data)
    }
    platform.process.kill()
    platform.process.wait()
    wait_until(lambda: processes_of(platform.data) == [], "every process ended")
    done = consentry("fsck", "--data", str(platform.data))
    assert (done.returncode, done.stdout) == (0, "all invariants hold\n"), done.stderr
