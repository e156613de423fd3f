"""The one door to every source that we dial: the address says how. Gateway and edge know no other."""

import asyncio
import logging
import random
import time
from collections.abc import Callable

from consentry.media.http_source import pull_http
from consentry.media.outlet import Besides, Outlet
from consentry.media.rtmp_client import pull_rtmp
from consentry.media.rtsp_client import Patience
from consentry.media.rtsp_client import pull as pull_rtsp
from consentry.media.source_address import parse_source
from consentry.media.srt_source import pull_srt
from consentry.media.units import Sink, SourceFault

_log = logging.getLogger(__name__)
_WELL_S = 10.0


async def pull(url: str, outlet: Outlet, wait: Patience) -> None:
    """One connection to the source at `url`, until it fails or the task is cancelled; ends with a SourceFault."""
    address = parse_source(url)
    if address.scheme in ("http", "https"):
        await pull_http(address, outlet, wait)
    elif address.scheme in ("rtmp", "rtmps"):
        await pull_rtmp(address, outlet, wait)
    elif address.scheme in ("rtsp", "rtsps"):
        await pull_rtsp(url, outlet, wait)
    else:
        await pull_srt(address, outlet, wait)


async def keep_pulling(
    url: str, sink: Sink, *, on_state: Callable[[str], None], patience: Patience | None = None,
    besides: Besides | None = None,
) -> None:  # fmt: skip
    """`pull` again and again, with back-off and jitter, until cancelled.

    `on_state` is told `connecting`, `online` and each fault's kind; `besides` takes what is not
    a picture: the KLV packets of a drone, the sound of a camera.
    """
    wait = patience or Patience()
    outlet, delay_s = Outlet(sink, on_state, besides), wait.first_retry_s
    while True:
        started, kind = time.monotonic(), ""
        try:
            await pull(url, outlet, wait)
        except SourceFault as fault:
            kind = fault.kind
            _log.info("camera at %s: %s (%s)", _host_of(url), kind, fault)
            on_state(kind)
        except (OSError, UnicodeError) as error:  # no more processes or files, a host's name that is none: try again
            kind = "unreachable"
            _log.warning("camera at %s: %s", _host_of(url), type(error).__name__)
            on_state(kind)
        delay_s = wait.first_retry_s if time.monotonic() - started > _WELL_S else min(2 * delay_s, wait.last_retry_s)
        pause_s = max(delay_s, wait.refused_retry_s) if kind == "unauthorised" else delay_s
        await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects, guards nothing


def _host_of(url: str) -> str:
    try:
        return parse_source(url).host
    except SourceFault:
        return "(no address)"
