"""WebRTC: what a viewer costs beside one of Janus, and how many of twenty rapid joins get a picture."""

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from consentry.gateway.bench.cost import ROUNDS, SETTLE_S, WINDOW_S
from consentry.gateway.bench.janus import janus
from consentry.gateway.bench.plan import Plan
from consentry.gateway.bench.rig import Asked, stream_a, worker
from consentry.kernel.bench import Result
from consentry.kernel.errors import Unavailable
from consentry.media.bench_rig import cpu_s, running, source

VIEWERS, JOINS, JOIN_ROUNDS = 20, 20, 5
MOST_RATIO = 0.6
_JOIN_WAIT_MS = 30_000
_BROWSER = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


def viewer_webrtc() -> Result:
    """Processor time of one of 20 WebRTC viewers, % of a core, against one of Janus' RTP mountpoint.

    Both get the same stream, the same reports each second and one packet of a hundred asked for again.
    """
    ours, theirs = [], []
    with stream_a() as path:
        for _ in range(ROUNDS):
            with source(path, 1) as urls:
                ours.append(_ours(urls))
                theirs.append(_theirs(urls[0]))
    value, reference = statistics.median(ours), statistics.median(theirs)
    ratio = value / reference
    return Result(
        "media.viewer_webrtc", value, "% of a core", ("Janus RTP mountpoint", reference), ratio,
        f"ratio <= {MOST_RATIO}", ratio <= MOST_RATIO, tuple(ours),
    )  # fmt: skip


def join() -> Result:
    """The fraction of 20 joins at once by Chromium, five times, that show a picture within 30 s."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise Unavailable("joins need Chromium (Debian: apt-get install chromium)")
    with stream_a() as path, source(path, 1) as urls, worker(Plan(urls, serve=True)) as (_, port):
        shares = [_join(chromium, port) for _ in range(JOIN_ROUNDS)]
    value = min(shares)
    return Result("media.join", value, "fraction", None, None, "1.0", value == 1.0, tuple(shares))


def _ours(urls: list[str]) -> float:
    with worker(Plan(urls, serve=True)) as (asked, port):
        time.sleep(SETTLE_S)
        asked.mark()
        time.sleep(WINDOW_S)
        alone = asked.mark()
        with _readers("whep", port):
            time.sleep(SETTLE_S)
            asked.mark()
            time.sleep(WINDOW_S)
            full = asked.mark()
    return (full.cpu_s / full.seconds - alone.cpu_s / alone.seconds) / VIEWERS * 100


def _theirs(url: str) -> float:
    with janus(url) as (pid, port):
        time.sleep(SETTLE_S)
        alone = _rate(pid)
        with _readers("janus", port):
            time.sleep(SETTLE_S)
            full = _rate(pid)
    return (full - alone) / VIEWERS * 100


def _rate(pid: int) -> float:
    before_s, began_s = cpu_s(pid), time.monotonic()
    time.sleep(WINDOW_S)
    return (cpu_s(pid) - before_s) / (time.monotonic() - began_s)


@contextmanager
def _readers(server: str, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "consentry.gateway.bench.rtc_readers", server, str(port), str(VIEWERS)]
    with running(command, stdout=subprocess.PIPE) as process:
        Asked(process).hear()
        yield


def _join(chromium: str, port: int) -> float:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_BROWSER))
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/page")
        page.evaluate(f"Promise.all(Array.from({{length: {JOINS}}}, () => join()))")
        deadline_s = time.monotonic() + _JOIN_WAIT_MS / 1_000
        shown = 0
        while shown < JOINS and time.monotonic() < deadline_s:
            page.wait_for_timeout(250)
            shown = int(page.evaluate("looks.filter(({frames}) => frames > 2).length"))
        browser.close()
    return shown / JOINS
