"""What all WebRTC connections of a gateway stand on: the UDP port, the certificate, who may ask over HTTP."""

from aiohttp import web

from consentry.gateway.rtc.certificate import make_certificate
from consentry.gateway.rtc.dtls import make_context
from consentry.gateway.rtc.endpoint import Address, Endpoint
from consentry.gateway.settings import Settings


class Ground:
    """Made once at the start."""

    def __init__(self, settings: Settings) -> None:
        certificate = make_certificate()
        self.endpoint = Endpoint()
        self.fingerprint, self.context = certificate.fingerprint, make_context(certificate)
        self._settings = settings

    def open(self) -> None:
        """Listen; OSError when the port is taken."""
        self.endpoint.open(self._settings.host, self._settings.udp_port)

    def address(self, request: web.Request) -> Address:
        """Where browsers reach our port: as configured, else the address by which this one reached our web port."""
        host = self._settings.rtc_host
        if not host:
            line = request.transport.get_extra_info("sockname") if request.transport is not None else None
            host = str(line[0]).partition("%")[0] if line else self._settings.host
        return (host, self.endpoint.port)

    def cors(self, request: web.Request) -> dict[str, str]:
        """The headers for the platform's own pages; HTTPForbidden for every other."""
        origin = self._settings.origin
        if request.headers.get("Origin") != origin:
            raise web.HTTPForbidden(text="only the platform's own pages may come here\n")
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin", "Access-Control-Expose-Headers": "Location"}
