"""One ONVIF camera: what it is, what it offers, and where its stream is. Media 2 (profile T) first, else media 1 (S).

Source: ONVIF Core, Media and Media 2 service specifications; docs/spec/onvif.md.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp

from consentry.kernel.clock import utc_now
from consentry.kernel.errors import ConsentryError, Malformed, NotFound, Refused
from consentry.media.onvif.nodes import Node
from consentry.media.onvif.places import same_host, stream_url
from consentry.media.onvif.soap import DEVICE, EVENTS, MEDIA, MEDIA2, PTZ, SCHEMA, Call, Soap, element
from consentry.media.rtsp_auth import Credentials

MAX_PROFILES = 32
MAX_NAME_CHARS = 64
_NO_LINE = ("certificate-changed", "certificate-unknown", "unreachable")
LEAST_WIDTH_PX = 320
# Of a profile, in the order in which `_profiles` is told where they stand.
_PARTS = ("VideoEncoder", "PTZ", "VideoSource")


@dataclass(frozen=True)
class CameraModel:
    """What a camera says it is: printable texts of at most 64 characters, and nothing to believe."""

    maker: str
    model: str
    firmware: str


@dataclass(frozen=True)
class Profile:
    """One stream that a camera offers. `encoding` is `H264`, `H265` or another word of the camera.

    `view`: which part of which lens it shows, in the camera's words, or "" where it does not say.
    """

    token: str
    name: str
    encoding: str
    width_px: int
    height_px: int
    can_turn: bool
    view: str = ""


class OnvifCamera:
    """A camera at `url` (see `places.device_url`), asked as `who`; `certificate` as in `Soap`. Call `connect` first."""

    def __init__(self, http: aiohttp.ClientSession, url: str, who: Credentials | None, certificate: str = "") -> None:
        self.url = url
        self.soap = Soap(http, who, certificate)
        self._services: dict[str, str] = {}

    async def connect(self) -> None:
        """Learn the camera's clock, then its services. Raises as `Soap.call`."""
        await self._learn_clock()
        self._services = await self._read_services()

    def service(self, namespace: str) -> str | None:
        """Where the service of `namespace` is on this camera, None when it has none."""
        return self._services.get(namespace)

    async def model(self) -> CameraModel:
        """Maker, model and firmware."""
        node = await self.soap.call(Call(self.url, f'<GetDeviceInformation xmlns="{DEVICE}"/>'))
        return CameraModel(*(_printable(node.text_at(name)) for name in ("Manufacturer", "Model", "FirmwareVersion")))

    async def profiles(self) -> tuple[Profile, ...]:
        """Its streams, in its own order; Malformed when it has no media service."""
        if (url := self.service(MEDIA2)) is not None:
            types = "".join(f"<Type>{name}</Type>" for name in _PARTS)
            answer = await self.soap.call(Call(url, f'<GetProfiles xmlns="{MEDIA2}">{types}</GetProfiles>'))
            found = _profiles(answer, [("Configurations", name) for name in _PARTS])
            if found:
                return found
        if (url := self.service(MEDIA)) is not None:
            answer = await self.soap.call(Call(url, f'<GetProfiles xmlns="{MEDIA}"/>'))
            return _profiles(answer, [(f"{name}Configuration",) for name in _PARTS])
        raise Malformed("this camera offers no video by ONVIF")

    async def stream_of(self, profile: Profile) -> str:
        """RTSP address of `profile`, with name and password, always on this camera's host."""
        url, media2 = self.service(MEDIA), self.service(MEDIA2)
        if media2 is not None:
            body = f'<GetStreamUri xmlns="{MEDIA2}"><Protocol>RTSP</Protocol>{_token(profile)}</GetStreamUri>'
            try:
                return stream_url(self.url, (await self.soap.call(Call(media2, body))).text_at("Uri"), self.soap.who)
            except (Refused, Malformed) as error:
                if url is None or error.kind == "unauthorised":
                    raise  # else a half-hearted media 2: ask the old way
        setup = "<t:Stream>RTP-Unicast</t:Stream><t:Transport><t:Protocol>RTSP</t:Protocol></t:Transport>"
        body = (
            f'<GetStreamUri xmlns="{MEDIA}" xmlns:t="{SCHEMA}"><StreamSetup>{setup}</StreamSetup>{_token(profile)}'
            "</GetStreamUri>"
        )
        answer = await self.soap.call(Call(url or self.url, body))
        return stream_url(self.url, answer.text_at("MediaUri", "Uri"), self.soap.who)

    async def _learn_clock(self) -> None:
        """The digest is made with the camera's own time. A camera that does not tell is taken to be right."""
        try:
            body = f'<GetSystemDateAndTime xmlns="{DEVICE}"/>'
            node = await self.soap.call(Call(self.url, body), signed=False)
            said = node.find("SystemDateAndTime", "UTCDateTime")
            self.soap.offset = timedelta() if said is None else _moment(said) - utc_now()
        except ConsentryError as error:
            if error.kind in _NO_LINE:
                raise
            self.soap.offset = timedelta()

    async def _read_services(self) -> dict[str, str]:
        try:
            body = f'<GetServices xmlns="{DEVICE}"><IncludeCapability>false</IncludeCapability></GetServices>'
            node = await self.soap.call(Call(self.url, body))
            named = {item.text_at("Namespace"): item.text_at("XAddr") for item in node.every("Service")}
        except ConsentryError as error:
            if error.kind == "unauthorised" or error.kind in _NO_LINE:
                raise
            named = await self._read_capabilities()
        return {space: same_host(self.url, address) for space, address in named.items() if address}

    async def _read_capabilities(self) -> dict[str, str]:
        """How cameras of before `GetServices` say the same."""
        body = f'<GetCapabilities xmlns="{DEVICE}"><Category>All</Category></GetCapabilities>'
        node = await self.soap.call(Call(self.url, body))
        kinds = {"Media": MEDIA, "Events": EVENTS, "PTZ": PTZ}
        return {space: node.text_at("Capabilities", kind, "XAddr") for kind, space in kinds.items()}


def best_profile(profiles: tuple[Profile, ...]) -> Profile:
    """The largest H.264 stream, which every browser plays; else the largest of H.265; NotFound without either."""
    for encoding in ("H264", "H265"):
        fitting = [profile for profile in profiles if profile.encoding == encoding]
        if fitting:
            return max(fitting, key=lambda profile: profile.width_px * profile.height_px)
    raise NotFound("this camera offers neither H.264 nor H.265", kind="no-video")


def low_profile(profiles: tuple[Profile, ...], main: Profile) -> Profile | None:
    """The smallest H.264 stream of the very view of `main`, with at most half its pixels; None without one.

    A recorder, or a camera of several lenses, has profiles of other views: those are other cameras, with other owners'
    words for them. Thumbnails below 320 pixels are taken only where there is nothing else.
    """
    most_px = main.width_px * main.height_px // 2
    fitting = [
        one for one in profiles
        if one.encoding == "H264" and one.view and one.view == main.view and 0 < one.width_px * one.height_px <= most_px
    ]  # fmt: skip
    return min(fitting, key=lambda one: (one.width_px < LEAST_WIDTH_PX, one.width_px * one.height_px), default=None)


def _profiles(node: Node, parts_at: list[tuple[str, ...]]) -> tuple[Profile, ...]:
    """The `Profiles` elements in an answer; where their parts stand differs between the two media services."""
    found = []
    encoder_at, turner_at, view_at = parts_at
    for item in node.children[:MAX_PROFILES]:
        encoder, token = item.find(*encoder_at), item.attributes.get("token", "")
        if item.name != "Profiles" or encoder is None or not 0 < len(token) <= MAX_NAME_CHARS:
            continue
        width_px, height_px = (_number(encoder.text_at("Resolution", side)) for side in ("Width", "Height"))
        encoding = encoder.text_at("Encoding").upper().replace(".", "")[:MAX_NAME_CHARS]
        can_turn = item.find(*turner_at) is not None
        view = item.find(*view_at)
        view_token = view.attributes.get("token", "")[:MAX_NAME_CHARS] if view is not None else ""
        name = _printable(item.text_at("Name"))
        found.append(Profile(token, name, encoding, width_px, height_px, can_turn, view_token))
    return tuple(found)


def _token(profile: Profile) -> str:
    return element("ProfileToken", profile.token)


def _moment(said: Node) -> datetime:
    try:
        year, month, day = (int(said.text_at("Date", part)) for part in ("Year", "Month", "Day"))
        hour, minute, second = (int(said.text_at("Time", part)) for part in ("Hour", "Minute", "Second"))
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError as error:
        raise Malformed("the camera's clock shows no time") from error


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:MAX_NAME_CHARS]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0
