"""`consentry camera add`: a public camera of an agency. Private ones are added on their owner's edge."""

import argparse
import asyncio
import sys

from consentry.agencies.queries import all_agencies
from consentry.cameras import services
from consentry.cameras.services.register import checked_url
from consentry.cameras.types import Kind, NewCamera
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed
from consentry.kernel.geo import Place, View
from consentry.kernel.ids import AgencyId
from consentry.media.certificate import ask_certificate, spelt
from consentry.media.outlet import Outlet
from consentry.media.pulling import pull
from consentry.media.rtsp_client import Patience
from consentry.media.units import SourceFault

PICTURE_WAIT_S = 30.0


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `camera add`."""
    camera = subparsers.add_parser("camera", help="public cameras of an agency")
    words = camera.add_subparsers(dest="what", required=True)
    add = words.add_parser("add", help="check a stream and register it as a public camera")
    add.add_argument(
        "--url", "--rtsp", required=True, dest="url",
        help="rtsp://user:password@host/path, or http, https, rtmp, srt; - reads it from stdin",
    )  # fmt: skip
    add.add_argument("--low-url", default="", help="its smaller stream of the same view, for weak links")
    add.add_argument("--name", required=True)
    add.add_argument("--lat", type=float, required=True)
    add.add_argument("--lon", type=float, required=True)
    add.add_argument("--heading", type=int, metavar="DEGREES", help="where it looks, from north; leave out if unknown")
    add.add_argument("--fov", type=int, default=90, metavar="DEGREES")
    add.add_argument("--range", type=int, default=60, metavar="METRES", dest="range_m")
    add.add_argument("--kind", choices=sorted(Kind), default="fixed")
    add.add_argument("--agency", help="id or name; needed when there are several")
    add.add_argument("--data", help="the data folder")
    add.add_argument("--no-check", action="store_true", help="register although no picture comes")
    add.set_defaults(run=run_add)


def run_add(arguments: argparse.Namespace) -> int:
    """Look at the stream, then register it; a stream without a picture is refused with its fault."""
    url = sys.stdin.readline().strip() if arguments.url == "-" else arguments.url
    agency = _agency(arguments.agency)
    new = NewCamera(
        name=arguments.name, kind=Kind(arguments.kind), place=Place(arguments.lat, arguments.lon),
        view=View(arguments.heading, arguments.fov, arguments.range_m),
    )  # fmt: skip
    checked_url(url)
    if not arguments.no_check:
        sys.stderr.write("looking at the stream …\n")
        asyncio.run(_look_at(url))
    made = services.enter_public_camera(new, agency=agency, url=url, now=utc_now())
    if arguments.low_url:
        services.enter_sub_stream(made.id, arguments.low_url)
    sys.stdout.write(f"{made.id}  {made.name}  cell {made.cell}\n")
    return 0


async def _look_at(url: str) -> None:
    """Wait for a picture; a certificate that nobody vouches for is shown, so that it can be compared and written down.

    Raises:
        SourceFault: what is wrong with the stream.
    """
    try:
        await wait_for_picture(url, timeout_s=PICTURE_WAIT_S)
    except SourceFault as fault:
        if fault.kind != "certificate-unknown":
            raise
        shown = await ask_certificate(url)
        raise SourceFault(fault.kind, f"{fault}. It shows (SHA-256) {spelt(shown)}: compare that with the camera's own "
                          f"page, then write it behind the address: #{shown}") from fault  # fmt: skip


async def wait_for_picture(url: str, *, timeout_s: float) -> None:
    """Return when the stream at `url` gave its first picture; SourceFault says what is wrong with it otherwise."""

    seen = asyncio.Event()
    pulling = asyncio.create_task(pull(url, Outlet(lambda _unit: seen.set(), lambda _state: None), Patience()))
    waiting = asyncio.create_task(seen.wait())
    await asyncio.wait({waiting, pulling}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if pulling.done() and not seen.is_set():
        pulling.result()
    pulling.cancel()
    if not seen.is_set():
        raise SourceFault("silent", f"no picture within {timeout_s:g} s")


def _agency(said: str | None) -> AgencyId:
    agencies = all_agencies()
    found = [agency for agency in agencies if said in (None, agency.id, agency.name)]
    if len(found) == 1:
        return found[0].id
    if not agencies:
        raise Malformed("there is no agency yet: make one first")
    names = ", ".join(agency.name for agency in agencies)
    raise Malformed(f"say which agency with --agency: {names}")
