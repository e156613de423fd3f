"""An ONVIF camera for the demo and the tests: profiles S and T, events by pull point, PTZ. Strict where real ones are.

It checks digests, its own clock, replayed nonces, namespaces, WS-Addressing and who may do what. `quirks` makes it as
wrong as some real ones are: a host that it is not at, no media 2, or prefixes that it never declares.
"""

import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from aiohttp import web

from consentry.demo.onvif_head import Head
from consentry.demo.onvif_pull import PullPoints
from consentry.demo.onvif_wire import SPACES, Guard, Request, SoapFault, envelope, fault, read_request
from consentry.media.rtsp_auth import Credentials, check_digest, digest_challenge


@dataclass(frozen=True)
class Quirks:
    """How this one is wrong. `named_host`: the host that it says it is at; `clock_ahead`: of the right time."""

    media2: bool = True
    services: bool = True
    named_host: str = ""
    clock_ahead: timedelta = timedelta()
    undeclared: bool = False
    http_digest: bool = False


class OnvifCameraServer:
    """Serves one camera on `host`. `stream`: the RTSP address that it names (without a password).

    `tls`: how it shows its certificate; without, it speaks plain HTTP. `port`: set it before `start`, 0 for a free one.
    """

    def __init__(
        self, who: Credentials, stream: str, *, host: str = "127.0.0.1", quirks: Quirks | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self.who, self.stream, self.host = who, stream, host
        self.quirks = quirks or Quirks()
        self._tls, self.port = tls, 0
        self.points = PullPoints(self.now, self._named)
        self.head = Head()
        self.calls: list[str] = []
        self.address = ""
        self._guard = Guard(who)
        self._http_nonce = secrets.token_hex(16)

    async def start(self) -> None:
        """Listen on a free port; `address` is its device service."""
        app = web.Application(client_max_size=65_536)
        app.add_routes([web.post("/onvif/{service:.+}", self._answer)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, self.host, self.port, ssl_context=self._tls).start()
        self.address = (
            f"{'https' if self._tls else 'http'}://{self.host}:{self._runner.addresses[0][1]}/onvif/device_service"
        )

    async def stop(self) -> None:
        """Hang up."""
        await self._runner.cleanup()

    def now(self) -> datetime:
        """The camera's clock, which may be wrong."""
        return datetime.now(UTC) + self.quirks.clock_ahead

    async def _answer(self, request: web.Request) -> web.Response:
        service = request.match_info["service"]
        try:
            if self.quirks.http_digest:
                self._require_http_digest(request)
            call = read_request(await request.read())
            self.calls.append(call.verb)
            if call.verb != "tds:GetSystemDateAndTime" and not self.quirks.http_digest:
                self._guard.require(call, now=self.now())
            body, status = envelope(await self._do(service, call)), 200
        except SoapFault as error:
            body, status = fault(error), error.status
        if self.quirks.undeclared:
            body = body.replace(f' xmlns:tt="{SPACES["tt"]}"'.encode(), b"")
        headers = {}
        if status == 401:
            headers["WWW-Authenticate"] = digest_challenge("camera", self._http_nonce)
        return web.Response(body=body, status=status, headers=headers, content_type="application/soap+xml")

    def _require_http_digest(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not check_digest(given, self.who, "POST", self._http_nonce):
            raise SoapFault("ter:NotAuthorized", "digest", status=401)

    async def _do(self, service: str, call: Request) -> str:
        if call.verb == "tev:PullMessages":
            return await self.points.pull(service, call)
        prefixes = {"device_service": "tds", "media": "trt", "media2": "tr2", "ptz": "tptz", "events": "tev"}
        here = prefixes.get(service, "wsnt" if service.startswith("sub/") else "")
        handler = self._handlers(service).get(call.verb)
        if handler is None or not call.verb.startswith(f"{here}:"):
            raise SoapFault("ter:ActionNotSupported", f"{call.verb} is not done here")
        return handler(call)

    def _handlers(self, service: str) -> dict[str, Callable[[Request], str]]:
        found: dict[str, Callable[[Request], str]] = {
            "tds:GetSystemDateAndTime": self._time, "tds:GetDeviceInformation": self._model,
            "tds:GetCapabilities": self._capabilities, "trt:GetProfiles": self._profiles_1,
            "trt:GetStreamUri": self._stream_1, "tev:CreatePullPointSubscription": self.points.subscribe,
            "wsnt:Renew": lambda call: self.points.renew(service, call),
            "wsnt:Unsubscribe": lambda call: self.points.unsubscribe(service, call),
            "tptz:ContinuousMove": self.head.move, "tptz:Stop": self.head.stand, "tptz:GetPresets": self.head.presets,
            "tptz:GotoPreset": self.head.go_to,
        }  # fmt: skip
        if self.quirks.services:
            found["tds:GetServices"] = self._services
        if self.quirks.media2:
            found |= {"tr2:GetProfiles": self._profiles_2, "tr2:GetStreamUri": self._stream_2}
        return found

    def _named(self, service: str) -> str:
        scheme, port = urlsplit(self.address).scheme, urlsplit(self.address).port
        return f"{scheme}://{self.quirks.named_host or self.host}:{port}/onvif/{service}"

    def _time(self, _call: Request) -> str:
        at = self.now()
        clock = f"<tt:Hour>{at.hour}</tt:Hour><tt:Minute>{at.minute}</tt:Minute><tt:Second>{at.second}</tt:Second>"
        day = f"<tt:Year>{at.year}</tt:Year><tt:Month>{at.month}</tt:Month><tt:Day>{at.day}</tt:Day>"
        utc = f"<tt:UTCDateTime><tt:Time>{clock}</tt:Time><tt:Date>{day}</tt:Date></tt:UTCDateTime>"
        inside = f"<tds:SystemDateAndTime>{utc}</tds:SystemDateAndTime>"
        return f"<tds:GetSystemDateAndTimeResponse>{inside}</tds:GetSystemDateAndTimeResponse>"

    def _model(self, _call: Request) -> str:
        texts = {"Manufacturer": "Consentry", "Model": "Demo Cam", "FirmwareVersion": "1.0", "SerialNumber": "1"}
        inside = "".join(f"<tds:{name}>{text}</tds:{name}>" for name, text in texts.items())
        return f"<tds:GetDeviceInformationResponse>{inside}</tds:GetDeviceInformationResponse>"

    def _services(self, call: Request) -> str:
        call.text("tds:IncludeCapability")
        offered = {"tds": "device_service", "trt": "media", "tev": "events", "tptz": "ptz"}
        offered |= {"tr2": "media2"} if self.quirks.media2 else {}
        inside = "".join(
            f"<tds:Service><tds:Namespace>{SPACES[prefix]}</tds:Namespace>"
            f"<tds:XAddr>{self._named(service)}</tds:XAddr></tds:Service>"
            for prefix, service in offered.items()
        )
        return f"<tds:GetServicesResponse>{inside}</tds:GetServicesResponse>"

    def _capabilities(self, _call: Request) -> str:
        kinds = {"Media": "media", "Events": "events", "PTZ": "ptz"}
        inside = "".join(f"<tt:{k}><tt:XAddr>{self._named(s)}</tt:XAddr></tt:{k}>" for k, s in kinds.items())
        inside = f"<tds:Capabilities>{inside}</tds:Capabilities>"
        return f"<tds:GetCapabilitiesResponse>{inside}</tds:GetCapabilitiesResponse>"

    def _profiles_1(self, _call: Request) -> str:
        inside = "".join(
            f'<trt:Profiles token="{token}"><tt:Name>{token}</tt:Name><tt:VideoSourceConfiguration token="view"/>'
            "<tt:VideoEncoderConfiguration>"
            f"<tt:Encoding>H264</tt:Encoding>{_size(*size)}</tt:VideoEncoderConfiguration>"
            '<tt:PTZConfiguration token="ptz"/></trt:Profiles>'
            for token, size in (("sub", (640, 360)), ("main", (1920, 1080)))
        )
        return f"<trt:GetProfilesResponse>{inside}</trt:GetProfilesResponse>"

    def _profiles_2(self, _call: Request) -> str:
        inside = "".join(
            f'<tr2:Profiles token="{token}"><tr2:Name>{token}</tr2:Name><tr2:Configurations>'
            '<tr2:VideoSource token="view"/>'
            f'<tr2:VideoEncoder token="v"><tt:Encoding>{encoding}</tt:Encoding>{_size(*size)}</tr2:VideoEncoder>'
            '<tr2:PTZ token="ptz"/></tr2:Configurations></tr2:Profiles>'
            for token, encoding, size in (
                ("best", "H265", (3840, 2160)), ("sub", "H264", (640, 360)), ("main", "H264", (1920, 1080)),
            )
        )  # fmt: skip
        return f"<tr2:GetProfilesResponse>{inside}</tr2:GetProfilesResponse>"

    def _stream_1(self, call: Request) -> str:
        if call.text("trt:StreamSetup/tt:Transport/tt:Protocol") != "RTSP":
            raise SoapFault("ter:InvalidStreamSetup", "only RTSP")
        call.text("trt:ProfileToken")
        inside = f"<trt:MediaUri><tt:Uri>{self._stream()}</tt:Uri></trt:MediaUri>"
        return f"<trt:GetStreamUriResponse>{inside}</trt:GetStreamUriResponse>"

    def _stream_2(self, call: Request) -> str:
        if call.text("tr2:Protocol") != "RTSP" or call.text("tr2:ProfileToken") == "best":
            raise SoapFault("ter:InvalidArgVal", "not offered")
        return f"<tr2:GetStreamUriResponse><tr2:Uri>{self._stream()}</tr2:Uri></tr2:GetStreamUriResponse>"

    def _stream(self) -> str:
        parts = urlsplit(self.stream)
        return f"rtsp://{self.quirks.named_host or self.host}:{parts.port}{parts.path}"


def _size(width_px: int, height_px: int) -> str:
    return f"<tt:Resolution><tt:Width>{width_px}</tt:Width><tt:Height>{height_px}</tt:Height></tt:Resolution>"
