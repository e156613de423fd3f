"""One RTSP connection of a client: answers to requests, packets to units, the first fault to whoever watches."""

import asyncio
import time
from typing import cast

from consentry.kernel.errors import Malformed
from consentry.media.outlet import Outlet
from consentry.media.rtp import Depacketiser, parse_rtp
from consentry.media.rtp_h264 import H264Depacketiser
from consentry.media.rtp_h265 import H265Depacketiser
from consentry.media.rtsp_framing import RtspFraming, RtspMessage, write_message
from consentry.media.sdp import SoundTrack, VideoTrack
from consentry.media.sound_rtp import SoundReader
from consentry.media.units import AccessUnit, SourceFault

# Interleaved channels: pictures on 0 and 1, sound on the next two.
SOUND_CHANNEL = 2
SOUND_CHANNELS = f"{SOUND_CHANNEL}-{SOUND_CHANNEL + 1}"


class RtspLink(asyncio.Protocol):
    """An asyncio protocol; `fault` ends with the first SourceFault, `last_packet_s` is monotonic seconds."""

    def __init__(self, outlet: Outlet) -> None:
        self.fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.fault.add_done_callback(lambda fault: fault.cancelled() or fault.exception())  # it may come after close
        self.last_packet_s = time.monotonic()
        self.has_picture = False
        self._sink, self._on_state, self._timeline = outlet.sink, outlet.on_state, outlet.timeline
        self._hear = outlet.besides.sound
        self._sound: SoundReader | None = None
        self._framing = RtspFraming(self._take_packet, self._take_message, self._take_run)
        self._answers: dict[str, asyncio.Future[RtspMessage]] = {}
        self._sequence = 0
        self._transport: asyncio.Transport | None = None
        self._depacketiser: Depacketiser | None = None
        self._payload_type = -1
        self._arrival_us = 0
        self._has_packets = False

    def expect(self, track: VideoTrack) -> None:
        """From now on packets of `track` become units."""
        self._payload_type = track.payload_type
        reader = H265Depacketiser if track.codec == "h265" else H264Depacketiser
        self._depacketiser = reader(track.parameter_sets, self._timeline)

    @property
    def takes_sound(self) -> bool:
        """Is there anybody to take it?"""
        return self._hear is not None

    def expect_sound(self, track: SoundTrack) -> None:
        """From now on packets of `track` on the second pair of channels become pieces of sound."""
        self._sound = SoundReader(track)

    async def ask(self, method: str, url: str, headers: dict[str, str], answer_s: float) -> RtspMessage:
        """Send one request and wait for its answer."""
        self._sequence += 1
        number = str(self._sequence)
        answer: asyncio.Future[RtspMessage] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        self.tell(method, url, {"CSeq": number, **headers})
        try:
            await asyncio.wait((answer, self.fault), timeout=answer_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._answers.pop(number, None)
        if answer.done():
            return answer.result()
        if self.fault.done():
            self.fault.result()
        raise SourceFault("silent", f"the camera does not answer {method}")

    def tell(self, method: str, url: str, headers: dict[str, str]) -> None:
        """Send a request without waiting."""
        if self._transport is not None:
            self._transport.write(write_message(f"{method} {url} RTSP/1.0", {**headers, "User-Agent": "Consentry"}))

    def close(self) -> None:
        """Drop the connection, keep nothing."""
        self._depacketiser = self._sound = None
        if self._transport is not None:
            self._transport.close()

    def fail(self, fault: SourceFault) -> None:
        """Record the first fault."""
        if not self.fault.done():
            self.fault.set_exception(fault)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one, but not by class

    def connection_lost(self, _reason: Exception | None) -> None:
        """Called by asyncio."""
        self.fail(SourceFault("silent" if self.has_picture else "unreachable", "the camera closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        if self.fault.done():
            return
        self._arrival_us, self._has_packets = time.time_ns() // 1_000, False
        try:
            self._framing.feed(data)
        except SourceFault as fault:
            self.fail(fault)
        except Malformed as error:
            self.fail(SourceFault("protocol", str(error)))
        if self._has_packets:
            self.last_packet_s = time.monotonic()

    def _take_packet(self, channel: int, data: bytes) -> None:
        if channel > 1:
            self._take_sound(channel, data)
            return
        if self._depacketiser is None:
            return
        if channel == 1:
            self._depacketiser.take_sender_report(data)
            return
        packet = parse_rtp(data)
        if packet is None or packet.payload_type != self._payload_type:
            return
        self._has_packets = True
        for unit in self._depacketiser.take(packet, self._arrival_us):
            self._hand_on(unit)

    def _take_sound(self, channel: int, data: bytes) -> None:
        """Never a fault: what is wrong with the sound is no reason to see nothing."""
        if self._sound is None or self._hear is None:
            return
        if channel == SOUND_CHANNEL + 1:
            self._sound.take_sender_report(data)
        packet = parse_rtp(data) if channel == SOUND_CHANNEL else None
        if packet is not None:
            for unit in self._sound.take(packet, self._arrival_us):
                self._hear(unit)

    def _take_run(self, buffer: bytes, at: int) -> int:
        if self._depacketiser is None:
            return at
        end, unit = self._depacketiser.take_run(buffer, at, self._payload_type, self._arrival_us)
        self._has_packets = self._has_packets or end > at
        if unit is not None:
            self._hand_on(unit)
        return end

    def _hand_on(self, unit: AccessUnit) -> None:
        if not self.has_picture:
            self.has_picture = True
            self._on_state("online")
        self._sink(unit)

    def _take_message(self, message: RtspMessage) -> None:
        if message.status is None:
            return  # requests of the camera (SET_PARAMETER, ANNOUNCE) are passed over
        answer = self._answers.get(message.header("cseq"))
        if answer is not None and not answer.done():
            answer.set_result(message)
