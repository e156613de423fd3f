"""`consentry edge discover` and `camera add`: which cameras this home has, asked on the box itself."""

import argparse
import asyncio
import contextlib
import getpass
import sys

import aiohttp

from consentry.edge.addresses import keep_address
from consentry.edge.key_files import load_keys
from consentry.edge.low_streams import keep_low_address
from consentry.edge.onvif.discovery import WAIT_S, find_cameras
from consentry.edge.onvif.kept import AskedCamera, ask_camera, keep_place
from consentry.edge.settings import read_settings
from consentry.edge.store import Store
from consentry.kernel.errors import Unavailable, Untrusted
from consentry.kernel.ids import CameraId
from consentry.media.certificate import ask_certificate, spelt
from consentry.media.onvif.places import device_url
from consentry.media.rtsp_auth import Credentials
from consentry.media.source_address import parse_source, read_fingerprint


def describe_discover(parser: argparse.ArgumentParser) -> None:
    """The arguments of `discover`."""
    parser.add_argument("--seconds", type=float, default=WAIT_S, help="how long to wait for answers (default: 3)")
    parser.add_argument("--interface", action="append", help="ask here only, such as eth0 (default: all but loopback)")


def discover(arguments: argparse.Namespace) -> int:
    """Ask once for ONVIF cameras in this network and print who answered."""
    found = asyncio.run(find_cameras(wait_s=min(arguments.seconds, 30), interfaces=arguments.interface))
    for camera in found:
        print(f"{camera.url}  {camera.name or '-'}  {camera.model or '-'}")
        if camera.certificate:
            print(f"    its own certificate: {spelt(camera.certificate)}")
    if not found:
        print("No camera answered. Is ONVIF switched on in the camera, and is it in this network?")
    return 0


def describe_add(parser: argparse.ArgumentParser) -> None:
    """The arguments of `camera add`."""
    parser.add_argument("camera", help="the camera's id, as its page shows it (cam_…)")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument(
        "--url", "--rtsp", dest="url", metavar="URL",
        help="rtsp://user:password@host/path, or http, https, rtmp, srt; - reads it from stdin",
    )  # fmt: skip
    way.add_argument("--onvif", metavar="ADDRESS", help="host, host:port or the address that 'discover' printed")
    parser.add_argument("--low-url", metavar="URL", help="its smaller stream of the same view, for weak lines")
    parser.add_argument("--user", default="", help="with --onvif: the camera's user; its password is asked for")
    parser.add_argument(
        "--certificate",
        default="",
        metavar="SHA256",
        help="the camera's own, as its page shows it (with an address that is encrypted)",
    )


def add_camera(arguments: argparse.Namespace) -> int:
    """Keep a camera's address, encrypted; an ONVIF camera is asked for its stream first."""
    settings, camera = read_settings(arguments.data), CameraId(arguments.camera)
    asked = None if arguments.onvif is None else asyncio.run(_ask(arguments))
    url = _pinned(_typed(arguments.url), arguments.certificate) if asked is None else asked.stream
    store, keys = Store(settings.folder), load_keys(settings.folder)
    try:
        keep_address(store, keys, camera, url)
        keep_place(store, keys, camera, None if asked is None else asked.place)
        keep_low_address(store, keys, camera, arguments.low_url or (asked.low if asked is not None else None))
    finally:
        store.close()
    if asked is not None:
        stream = asked.profile
        print(f"{stream.name or stream.token}: {stream.encoding} {stream.width_px}x{stream.height_px}")
    print(f"{camera}: address kept here, encrypted.")
    return 0


def _typed(url: str) -> str:
    return sys.stdin.readline().strip() if url == "-" else url


def _pinned(url: str, said: str) -> str:
    """An encrypted address with the fingerprint of the camera's own certificate behind it, once its owner confirmed it.

    A camera that does not answer now is kept without one: it is not spoken with until one was confirmed.
    """
    address = parse_source(url)
    if not address.encrypted or address.certificate:
        return url
    with contextlib.suppress(Unavailable):
        shown = read_fingerprint(said) or _confirmed(asyncio.run(ask_certificate(url)))
        return f"{url}#{shown}" if shown else url
    return url


async def _ask(arguments: argparse.Namespace) -> AskedCamera:
    """Its password comes by the terminal or a pipe: others on this machine could read an argument."""
    url = device_url(arguments.onvif)
    certificate = read_fingerprint(arguments.certificate) or _confirmed(await ask_certificate(url))
    who = Credentials(arguments.user, _password()) if arguments.user else None
    async with aiohttp.ClientSession() as http:
        return await ask_camera(http, url, who, certificate)


def _confirmed(certificate: str) -> str:
    """The owner says that this is the camera's own; Untrusted when they do not."""
    if not certificate:
        return ""
    print("This camera made its certificate itself. Its fingerprint (SHA-256), also shown on the camera's own page:")
    print(f"    {spelt(certificate)}")
    if sys.stdin.isatty() and input("Is it the same there? Type yes to trust it from now on: ").strip() == "yes":
        return certificate
    raise Untrusted("not confirmed; give --certificate to confirm it in a script", kind="certificate-unknown")


def _password() -> str:
    return getpass.getpass("Password of the camera: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
