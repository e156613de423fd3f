"""Benchmarks of the gateway (docs/design/benchmarks.md, `media.*`), each against `ffmpeg` on the same source."""

from collections.abc import Callable

from consentry.gateway.bench.cost import ingest, ingest_recorded, streams, viewer_ws, viewer_wss
from consentry.gateway.bench.ends import revoke, revoke_slow
from consentry.gateway.bench.soak import soak
from consentry.gateway.bench.webrtc import join, viewer_webrtc
from consentry.kernel.bench import Result

BENCHES: dict[str, Callable[[], Result]] = {
    "media.ingest": ingest,
    "media.ingest_recorded": ingest_recorded,
    "media.join": join,
    "media.revoke": revoke,
    "media.revoke_slow": revoke_slow,
    "media.soak": soak,
    "media.streams": streams,
    "media.viewer_webrtc": viewer_webrtc,
    "media.viewer_ws": viewer_ws,
    "media.viewer_wss": viewer_wss,
}
