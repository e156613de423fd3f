"""What opening a sealed look costs its viewer: the console's own opener and muxer in Chromium, pictures of stream A."""

import statistics
import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from consentry.kernel.bench import Result
from consentry.kernel.canonical import from_b64, to_b64
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import CameraId, new_id
from consentry.kernel.sealed_unit import ContentKey, seal_unit, wrap_key
from consentry.kernel.wire import WireUnit
from consentry.media.bench_rig import RATE_HZ, make_stream_a, read_units
from consentry.media.h264 import to_avcc
from consentry.project.story.console_page import build, page_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROUNDS, LOOPS = 5, 5
MOST_PERCENT = 2.0
SESSION = "ses_bench"
_EXPORTS = {"Opener": "live/sealed", "makeBoxKey": "crypto/sealed", "toB64": "crypto/bytes"}
_PAGE = """<script type="module">
import { Opener, makeBoxKey, toB64 } from "/built.js";
let box, units;
window.prepare = async () => {
  const bytes = await (await fetch("/units")).arrayBuffer(), view = new DataView(bytes);
  units = [];
  for (let at = 0; at < bytes.byteLength; at += 4 + view.getUint32(at))
    units.push(new Uint8Array(bytes.slice(at + 4, at + 4 + view.getUint32(at))));
  box = await makeBoxKey();
  return toB64(box.point);
};
window.open_all = async (key, session) => {
  let pieces = 0;
  const opener = new Opener(() => { pieces += 1; });
  opener.box = box;
  opener.shape({ width: 1920, height: 1080 });
  opener.takeKey(key, session);
  for (const unit of units) opener.takeUnit(unit);
  await opener.turn;
  return pieces;
};
window.ready = true;
</script>"""


def sealed_page() -> Result:
    """Processor time of the page that opens and muxes one sealed stream A, % of a core."""
    with tempfile.TemporaryDirectory(prefix="consentry-media-") as name:
        folder, key = Path(name), ContentKey(1)
        units, count = _sealed_units(make_stream_a(folder), key)
        with page_of(_PAGE, {"built.js": build(folder, _EXPORTS), "units": units}) as page:
            point = from_b64(page.evaluate("prepare()"))
            box = to_b64(wrap_key(key, point, SESSION))
            rounds = tuple(_round(page, box, count) for _ in range(ROUNDS))
    value = statistics.median(rounds)
    target = f"<= {MOST_PERCENT:g}"
    return Result("media.sealed_page", value, "% of a core", None, None, target, value <= MOST_PERCENT, rounds)


def _round(page: "Page", box: str, count: int) -> float:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def used_s() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(float(metric["value"]) for metric in metrics if metric["name"] == "ProcessTime")

    before_s = used_s()
    opened = page.evaluate("([box, session]) => open_all(box, session)", [box, SESSION])
    spent_s = used_s() - before_s
    session.detach()
    if opened < count:
        raise Unavailable(f"only {opened} of {count} pictures were opened")
    return spent_s / (count / RATE_HZ) * 100


def _sealed_units(path: Path, key: ContentKey) -> tuple[bytes, int]:
    """Some rounds of stream A, each unit sealed and behind its length; how many."""
    loop, camera = read_units(path), CameraId(new_id("camera"))
    messages: list[bytes] = []
    for round_ in range(LOOPS):
        for unit in loop.units:
            at_us = round_ * loop.length_us + unit.ts_us
            wire = WireUnit(camera, at_us, at_us, unit.key, unit.key, False, to_avcc(unit.nals))
            messages.append(seal_unit(wire, key, len(messages) + 1))
    return b"".join(struct.pack(">I", len(message)) + message for message in messages), len(messages)
