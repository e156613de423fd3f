"""One WebRTC connection: reached by ICE-lite, secured by DTLS, a data channel for words, SRTP for pictures.

The link owns its timers and names; what it carries is a `Guest`: a viewer or a phone that sends.
"""

import asyncio
import secrets
from typing import Protocol

from OpenSSL import SSL
from pylibsrtp import Error as SrtpError

from consentry.gateway.rtc.channel import Channel
from consentry.gateway.rtc.dtls import Dtls, Hooks, Srtp
from consentry.gateway.rtc.endpoint import Address, Endpoint
from consentry.kernel.limits import RTC_CONNECT_S, RTC_SILENT_S

_FAREWELL_S = 0.25
_MAX_EARLY = 32
_RTCP_KINDS = range(192, 224)


class Guest(Protocol):
    """Who a link works for."""

    def ready(self) -> None:
        """Keys are agreed: packets may be sent."""

    def hear(self, text: str) -> None:
        """A text message of the browser."""

    def take_rtp(self, packet: bytes) -> None:
        """A media packet, decrypted."""

    def take_rtcp(self, packet: bytes) -> None:
        """Reports, decrypted."""

    def tick(self, now_s: float) -> None:
        """Four times a second."""

    def gone(self, *, lost: bool) -> None:
        """The connection is over and it was not us: `lost` without a word, or closed by the browser."""


class Link:
    """See the module. `address`: where the browser is, None before its first check. `talks`: with a data channel."""

    def __init__(
        self, endpoint: Endpoint, context: SSL.Context, fingerprint: bytes, guest: Guest, *, talks: bool = True
    ) -> None:
        self.name, self.password = secrets.token_hex(8), secrets.token_hex(16)
        self.address: Address | None = None
        self.over = False
        self.srtp: Srtp | None = None
        self._endpoint, self._guest = endpoint, guest
        self._dtls = Dtls(context, fingerprint, Hooks(self._send_dtls, self._ready, self._take_data, self._ended))
        self._channel: Channel | None = None
        self._talks = talks
        self._early: list[str] = []
        self._since_s = self._heard_s = asyncio.get_running_loop().time()
        endpoint.add(self)

    def say(self, text: str) -> None:
        """Send a text message; kept until the channel is open, at most a few."""
        if self._channel is not None and self._channel.is_open:
            self._channel.send(text)
        elif len(self._early) < _MAX_EARLY:
            self._early.append(text)

    def protect(self, packet: bytes) -> bytes:
        """`packet` (RTP) as it goes out; ConnectionError when there are no keys (any more)."""
        if self.srtp is None:
            raise ConnectionError("no keys")
        return self.srtp.outgoing.protect(packet)

    def send_all(self, packets: list[bytes]) -> None:
        """Protected media packets."""
        if self.address is not None:
            self._endpoint.send_all(packets, self.address)

    def send_rtcp(self, packet: bytes) -> None:
        """A report, not protected yet."""
        if self.srtp is not None and self.address is not None:
            self._endpoint.send(self.srtp.outgoing.protect_rtcp(packet), self.address)

    def end(self, farewell: str | None) -> None:
        """No media from now on: the keys are dropped here. `farewell` is said, then the connection closes."""
        self.srtp = None
        if farewell is None or self._channel is None or not self._channel.is_open:
            self.close()
            return
        self._channel.send(farewell)
        asyncio.get_running_loop().call_later(_FAREWELL_S, self.close)

    def close(self) -> None:
        """Close at once."""
        if self.over:
            return
        self.over, self.srtp = True, None
        if self._channel is not None:
            self._channel.close()
        self._dtls.close()
        self._endpoint.remove(self)

    # What the port calls.

    def reached(self, address: Address, *, nominated: bool) -> None:
        """See `Party`: the first path counts until the browser chooses another."""
        self._heard_s = asyncio.get_running_loop().time()
        if nominated or self.address is None:
            self.address = address

    def take(self, data: bytes) -> None:
        """See `Party`."""
        self._heard_s = asyncio.get_running_loop().time()
        if 20 <= data[0] <= 63:
            self._dtls.take(data)
        elif 128 <= data[0] <= 191 and self.srtp is not None and len(data) > 12:
            self._take_media(data, self.srtp)

    def tick(self, now_s: float) -> None:
        """See `Party`."""
        late = now_s - self._since_s > RTC_CONNECT_S and not self._dtls.is_ready
        if late or now_s - self._heard_s > RTC_SILENT_S:
            self._leave(lost=not late)
        else:
            self._guest.tick(now_s)

    def _take_media(self, data: bytes, srtp: Srtp) -> None:
        try:
            if data[1] in _RTCP_KINDS:
                self._guest.take_rtcp(srtp.incoming.unprotect_rtcp(data))
            else:
                self._guest.take_rtp(srtp.incoming.unprotect(data))
        except (SrtpError, ValueError):
            return  # forged, doubled or too old

    def _send_dtls(self, datagram: bytes) -> None:
        if self.address is not None:
            self._endpoint.send(datagram, self.address)

    def _ready(self, srtp: Srtp) -> None:
        self.srtp = srtp
        if self._talks:
            self._channel = Channel(self._dtls, self._opened, self._guest.hear)
        self._guest.ready()

    def _opened(self) -> None:
        early, self._early = self._early, []
        for text in early:
            self.say(text)

    def _take_data(self, data: bytes) -> None:
        if self._channel is not None:
            self._channel.take(data)
            if self._channel.is_closed:
                self._leave(lost=False)

    def _ended(self) -> None:
        if not self.over:
            self._leave(lost=False)

    def _leave(self, *, lost: bool) -> None:
        if not self.over:
            self.close()
            self._guest.gone(lost=lost)
