"""What the edge keeps of an ONVIF camera beside its stream's address: where its services are, and as whom to ask."""

import json
from dataclasses import asdict, dataclass, field

import aiohttp

from consentry.edge.kept import keep_secret, secret_of
from consentry.edge.key_files import EdgeKeys
from consentry.edge.onvif.discovery import FoundCamera
from consentry.edge.store import Store
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId, EdgeId
from consentry.kernel.sealed_box import found_context, seal
from consentry.media.onvif.address import OnvifPlace
from consentry.media.onvif.camera import OnvifCamera, Profile, best_profile, low_profile
from consentry.media.onvif.places import device_url
from consentry.media.rtsp_auth import Credentials
from consentry.media.source_address import read_fingerprint

MAX_RECORD_BYTES = 2_000


@dataclass(frozen=True)
class AskedCamera:
    """A camera that answered: how it is kept, the address of its stream and what that stream is; `low`: the address of
    its smaller stream of the same view, None without one."""

    place: OnvifPlace
    stream: str = field(repr=False)
    profile: Profile
    low: str | None = field(default=None, repr=False)


async def ask_camera(
    http: aiohttp.ClientSession, address: str, who: Credentials | None, certificate: str = ""
) -> AskedCamera:
    """Ask the camera at `address` for its best stream. Raises as `OnvifCamera`, NotFound when it has none for us."""
    camera = OnvifCamera(http, device_url(address), who, certificate)
    await camera.connect()
    profiles = await camera.profiles()
    profile = best_profile(profiles)
    turner = next((item.token for item in (profile, *profiles) if item.can_turn), "")
    small = low_profile(profiles, profile)
    low = await camera.stream_of(small) if small is not None else None
    place = OnvifPlace(camera.url, who, turner, certificate)
    return AskedCamera(place, await camera.stream_of(profile), profile, low)


def sealed_list(found: tuple[FoundCamera, ...], edge: EdgeId, reply_point: bytes) -> bytes:
    """The list of found cameras, which only the holder of `reply_point` (65 bytes) opens."""
    plain = json.dumps([asdict(camera) for camera in found]).encode()
    return seal(reply_point, plain, context=found_context(edge))


def keep_place(store: Store, keys: EdgeKeys, camera: CameraId, place: OnvifPlace | None) -> None:
    """Keep how `camera` is asked, encrypted, or forget it."""
    if place is None:
        keep_secret(store, keys, f"onvif/{camera}", None)
        return
    user, password = (place.who.user, place.who.password) if place.who else ("", "")
    record = {
        "url": place.url,
        "turner": place.turner,
        "certificate": place.certificate,
        "user": user,
        "password": password,
    }
    keep_secret(store, keys, f"onvif/{camera}", json.dumps(record))


def place_of(store: Store, keys: EdgeKeys, camera: CameraId) -> OnvifPlace | None:
    """How `camera` is asked, None when it is not an ONVIF camera."""
    text = secret_of(store, keys, f"onvif/{camera}")
    if text is None:
        return None
    value = parse_object(text.encode(), max_bytes=MAX_RECORD_BYTES)
    try:
        who = Credentials(str(value["user"]), str(value["password"])) if value["user"] else None
        certificate = read_fingerprint(str(value.get("certificate", "")))
        return OnvifPlace(device_url(str(value["url"])), who, str(value["turner"]), certificate)
    except KeyError as error:
        raise Malformed("a kept ONVIF camera lacks a field") from error
