"""What the edge keeps of an ONVIF camera beside its stream's address: where its services are, and as whom to ask."""

import json
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

import aiohttp

from consentry.edge.kept import keep_secret, secret_of
from consentry.edge.key_files import EdgeKeys
from consentry.edge.onvif.camera import OnvifCamera, Profile, best_profile, low_profile
from consentry.edge.onvif.discovery import FoundCamera
from consentry.edge.onvif.places import device_url
from consentry.edge.store import Store
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId, EdgeId
from consentry.kernel.sealed_box import found_context, seal
from consentry.media.rtsp_auth import Credentials

MAX_RECORD_BYTES = 2_000
ONVIF_SCHEME = "onvif+"


@dataclass(frozen=True)
class OnvifPlace:
    """A camera's device service, who asks, and the profile whose motors turn (or "")."""

    url: str
    who: Credentials | None = field(repr=False)
    turner: str = ""


@dataclass(frozen=True)
class AskedCamera:
    """A camera that answered: how it is kept, the address of its stream and what that stream is; `low`: the address of
    its smaller stream of the same view, None without one."""

    place: OnvifPlace
    stream: str = field(repr=False)
    profile: Profile
    low: str | None = field(default=None, repr=False)


async def ask_camera(http: aiohttp.ClientSession, address: str, who: Credentials | None) -> AskedCamera:
    """Ask the camera at `address` for its best stream. Raises as `OnvifCamera`, NotFound when it has none for us."""
    camera = OnvifCamera(http, device_url(address), who)
    await camera.connect()
    profiles = await camera.profiles()
    profile = best_profile(profiles)
    turner = next((item.token for item in (profile, *profiles) if item.can_turn), "")
    small = low_profile(profiles, profile)
    low = await camera.stream_of(small) if small is not None else None
    return AskedCamera(OnvifPlace(camera.url, who, turner), await camera.stream_of(profile), profile, low)


def parse_onvif_address(text: str) -> tuple[str, Credentials | None]:
    """`onvif+http://user:password@host/path` as an owner's browser seals it: the device's address, and who asks."""
    try:
        parts = urlsplit(text.removeprefix(ONVIF_SCHEME))
    except ValueError as error:
        raise Malformed("not a camera's address") from error
    who = Credentials(unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return device_url(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))), who


def sealed_list(found: tuple[FoundCamera, ...], edge: EdgeId, reply_point: bytes) -> bytes:
    """The list of found cameras, which only the holder of `reply_point` (65 bytes) opens."""
    plain = json.dumps([{"url": camera.url, "name": camera.name, "model": camera.model} for camera in found]).encode()
    return seal(reply_point, plain, context=found_context(edge))


def keep_place(store: Store, keys: EdgeKeys, camera: CameraId, place: OnvifPlace | None) -> None:
    """Keep how `camera` is asked, encrypted, or forget it."""
    if place is None:
        keep_secret(store, keys, f"onvif/{camera}", None)
        return
    user, password = (place.who.user, place.who.password) if place.who else ("", "")
    record = {"url": place.url, "turner": place.turner, "user": user, "password": password}
    keep_secret(store, keys, f"onvif/{camera}", json.dumps(record))


def place_of(store: Store, keys: EdgeKeys, camera: CameraId) -> OnvifPlace | None:
    """How `camera` is asked, None when it is not an ONVIF camera."""
    text = secret_of(store, keys, f"onvif/{camera}")
    if text is None:
        return None
    value = parse_object(text.encode(), max_bytes=MAX_RECORD_BYTES)
    try:
        who = Credentials(str(value["user"]), str(value["password"])) if value["user"] else None
        return OnvifPlace(device_url(str(value["url"])), who, str(value["turner"]))
    except KeyError as error:
        raise Malformed("a kept ONVIF camera lacks a field") from error
