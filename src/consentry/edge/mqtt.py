"""Events by MQTT from the owner's own broker: Frigate's, and any topic that says ON (Home Assistant's, a doorbell's).

We subscribe, and publish nothing. What comes is read as little as possible: whether something began, before which
camera. Names of what Frigate thinks it saw are passed over.
"""

import asyncio
import json
import logging
import random
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiomqtt import Client, Message, MqttError, ProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from consentry.edge.events import EventKind
from consentry.kernel.canonical import parse_object
from consentry.kernel.errors import Malformed
from consentry.kernel.ids import CameraId
from consentry.kernel.limits import MAX_EVENT_PAYLOAD_BYTES

_log = logging.getLogger(__name__)
MAX_QUEUED = 256
FIRST_RETRY_S, LAST_RETRY_S = 1.0, 60.0
KEEP_ALIVE_S = 30
_ON = frozenset({"on", "true", "1", "detected", "ring"})

Hear = Callable[[CameraId, EventKind], None]


@dataclass(frozen=True)
class Broker:
    """The owner's broker. `ca`: PEM of the authority that signed its certificate, "" for those of this machine."""

    host: str
    port: int
    tls: bool
    user: str = ""
    password: str = field(default="", repr=False)
    ca: str = ""
    frigate: str = "frigate"


@dataclass(frozen=True)
class Topics:
    """Where one camera's events are: its name in Frigate, or "", and topics of its own with their kind."""

    frigate: str = ""
    own: tuple[tuple[str, EventKind], ...] = ()


class Listener:
    """Turns messages into events; remembers which topics are on, as a state that goes on is no second event."""

    def __init__(self, broker: Broker, cameras: Mapping[CameraId, Topics], hear: Hear) -> None:
        self._broker, self._hear = broker, hear
        self._frigate = {topics.frigate: camera for camera, topics in cameras.items() if topics.frigate}
        self._own = {topic: (camera, kind) for camera, topics in cameras.items() for topic, kind in topics.own}
        self._own |= {
            f"{broker.frigate}/{name}/motion": (camera, EventKind.MOTION) for name, camera in self._frigate.items()
        }
        self._on: set[str] = set()

    def topics(self) -> list[str]:
        """What to subscribe to."""
        return sorted(self._own) + ([f"{self._broker.frigate}/events"] if self._frigate else [])

    def take(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """One message. A retained one tells how things stand, which is no news."""
        if len(payload) > MAX_EVENT_PAYLOAD_BYTES:
            return
        if topic == f"{self._broker.frigate}/events":
            if not retained:
                self._take_frigate(payload)
        elif topic in self._own:
            on = payload.decode(errors="replace").strip().strip('"').lower() in _ON
            news = on and topic not in self._on and not retained
            (self._on.add if on else self._on.discard)(topic)
            if news:
                self._hear(*self._own[topic])

    def _take_frigate(self, payload: bytes) -> None:
        try:
            value = parse_object(payload, max_bytes=MAX_EVENT_PAYLOAD_BYTES)
        except Malformed:
            return
        after = value.get("after")
        name = after.get("camera") if isinstance(after, dict) else None
        camera = self._frigate.get(name) if isinstance(name, str) else None
        if value.get("type") == "new" and camera is not None:
            self._hear(camera, EventKind.MOTION)


async def keep_listening(broker: Broker, cameras: Mapping[CameraId, Topics], hear: Hear) -> None:
    """Stay subscribed, with back-off; until cancelled."""
    retry_s = FIRST_RETRY_S
    while True:
        listener = Listener(broker, cameras, hear)
        try:
            async with _client(broker) as client:
                for topic in listener.topics():
                    await client.subscribe(topic, qos=1)
                _log.info("broker %s: connected", broker.host)
                retry_s = FIRST_RETRY_S
                async for message in client.messages:
                    listener.take(str(message.topic), _payload(message), retained=message.retain)
        except (MqttError, OSError, ssl.SSLError, ValueError) as error:
            _log.warning("broker %s: %s", broker.host, type(error).__name__)  # its text may hold what we sent
        await asyncio.sleep(retry_s * random.uniform(0.5, 1.0))  # noqa: S311 jitter, not a secret
        retry_s = min(2 * retry_s, LAST_RETRY_S)


def dump_broker(broker: Broker) -> str:
    """As it is kept, encrypted."""
    return json.dumps({name: getattr(broker, name) for name in Broker.__dataclass_fields__})


def parse_broker(text: str) -> Broker:
    """What `dump_broker` wrote."""
    return Broker(**json.loads(text))


def dump_topics(topics: Topics) -> str:
    """As it is kept."""
    return json.dumps({"frigate": topics.frigate, "own": [[topic, str(kind)] for topic, kind in topics.own]})


def parse_topics(text: str) -> Topics:
    """What `dump_topics` wrote."""
    value = json.loads(text)
    return Topics(value["frigate"], tuple((topic, EventKind(kind)) for topic, kind in value["own"]))


def _client(broker: Broker) -> Client:
    """MQTT 5, so that the broker keeps what is too large for us; certificate and name are checked."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.MaximumPacketSize = MAX_EVENT_PAYLOAD_BYTES
    context = ssl.create_default_context(cadata=broker.ca or None) if broker.tls else None
    return Client(
        broker.host, broker.port, username=broker.user or None, password=broker.password or None, tls_context=context,
        protocol=ProtocolVersion.V5, properties=properties, keepalive=KEEP_ALIVE_S, timeout=10,
        max_queued_incoming_messages=MAX_QUEUED, logger=_quiet,
    )  # fmt: skip


def _payload(message: Message) -> bytes:
    return message.payload if isinstance(message.payload, bytes) else b""


_quiet = logging.getLogger(f"{__name__}.client")
_quiet.setLevel(logging.CRITICAL)
