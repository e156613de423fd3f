"""The data channel of a link: aiortc's SCTP over our DTLS.

Both sides know the channel beforehand (negotiated, id 0): no first message can race its opening.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, cast

from aiortc import RTCDataChannel, RTCDataChannelParameters, RTCDtlsTransport, RTCSctpTransport
from aiortc.rtcsctptransport import RTCSctpCapabilities

from consentry.gateway.rtc.dtls import Dtls

LABEL, CHANNEL_ID = "consentry.view.1", 0
SCTP_PORT = 5_000
MAX_MESSAGE_BYTES = 65_536


class _Receiver(Protocol):
    async def _handle_data(self, data: bytes) -> None: ...


class Channel:
    """Text messages both ways. The names with an underscore are those that aiortc asks a DTLS transport for."""

    def __init__(self, dtls: Dtls, opened: Callable[[], None], hear: Callable[[str], None]) -> None:
        self.state = "connected"
        self._role = "server"
        self._dtls = dtls
        self._receiver: _Receiver | None = None
        self._sctp = RTCSctpTransport(cast("RTCDtlsTransport", self), SCTP_PORT)
        self._line = RTCDataChannel(self._sctp, RTCDataChannelParameters(label=LABEL, negotiated=True, id=CHANNEL_ID))
        self._line.on("open", opened)
        self._line.on("message", lambda text: hear(text) if isinstance(text, str) else self.close())
        _drive(self._sctp.start(RTCSctpCapabilities(maxMessageSize=MAX_MESSAGE_BYTES), SCTP_PORT))

    @property
    def is_open(self) -> bool:
        """May `send` be called?"""
        return self._line.readyState == "open"

    @property
    def is_closed(self) -> bool:
        """Did the other side hang up?"""
        return self._sctp.state == "closed"

    def send(self, text: str) -> None:
        """Send `text`, unless it was closed meanwhile."""
        if self.is_open:
            self._line.send(text)

    def take(self, data: bytes) -> None:
        """An SCTP packet."""
        if self._receiver is not None:
            _drive(self._receiver._handle_data(data))  # noqa: SLF001 - aiortc's own protocol between its transports

    def close(self) -> None:
        """Stop its timers."""
        _drive(self._sctp.stop())

    def _register_data_receiver(self, receiver: _Receiver) -> None:
        self._receiver = receiver

    def _unregister_data_receiver(self, _receiver: _Receiver) -> None:
        self._receiver = None

    async def _send_data(self, data: bytes) -> None:
        self._dtls.send(data)


def _drive(work: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that never really waits, since our `_send_data` does not: no task, so nothing is overtaken."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise ConnectionError("SCTP wanted to wait")
