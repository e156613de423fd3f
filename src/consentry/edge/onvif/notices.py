"""What an ONVIF camera notices, by a pull-point subscription: motion, and a ring at the door.

The camera is asked and answers when something happened (long poll); nothing listens here. A state that merely goes on
is not a second event: only its turning true counts.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass

from consentry.edge.events import EventKind
from consentry.kernel.errors import ConsentryError, Malformed
from consentry.media.onvif.camera import OnvifCamera
from consentry.media.onvif.nodes import Node
from consentry.media.onvif.places import same_host
from consentry.media.onvif.soap import CALL_S, EVENTS, WSNT, Call, echoed

_log = logging.getLogger(__name__)
LIFE_S = 60
PULL_S = 10
MOST_PER_PULL = 32
MAX_STATES = 64
_SUBSCRIPTION = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager"
# Last parts of a topic, without prefixes: the standard's own, then Reolink's and others'.
_MOTION = ("CellMotionDetector/Motion", "VideoSource/MotionAlarm", "MotionRegionDetector/Motion")
_DOORBELL = ("Trigger/DigitalInput", "Visitor")
_TRUE = frozenset({"true", "1"})

Take = Callable[[EventKind], None]


@dataclass(frozen=True)
class Pace:
    """How long to wait before asking again after a fault, and after a refused password (many lock an account).

    `pull_s`: from one pull to the next at least, as some cameras answer at once that nothing happened.
    """

    first_retry_s: float = 1.0
    last_retry_s: float = 60.0
    refused_retry_s: float = 60.0
    pull_s: float = 0.5


@dataclass(frozen=True)
class Notice:
    """One message: which source noticed what, whether it is on now, and whether that is news."""

    kind: EventKind
    source: str
    on: bool
    news: bool


async def keep_noticing(camera: OnvifCamera, take: Take, *, pace: Pace | None = None) -> None:
    """Subscribe, again after each fault, and hand what `camera` notices to `take`; until cancelled."""
    pace = pace or Pace()
    retry_s = pace.first_retry_s
    states: dict[str, bool] = {}
    while True:
        wait_s = retry_s
        try:
            await camera.connect()
            async with contextlib.aclosing(_Subscription(camera)) as subscription:
                await subscription.open()
                retry_s = wait_s = pace.first_retry_s
                while True:
                    not_before_s = _now_s() + pace.pull_s
                    for notice in await subscription.pull():
                        if _turned_on(states, notice):
                            take(notice.kind)
                    await asyncio.sleep(not_before_s - _now_s())
        except ConsentryError as error:
            wait_s = pace.refused_retry_s if error.kind == "unauthorised" else wait_s
            _log.info("events of a camera: %s (%s)", error, error.kind)
        retry_s = min(2 * retry_s, pace.last_retry_s)
        await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311 jitter, not a secret


def read_notice(message: Node) -> Notice | None:
    """What a `NotificationMessage` says, None when it is about something else."""
    topic = "/".join(part.rpartition(":")[2] for part in message.text_at("Topic").split("/"))
    kind = _kind_of(topic)
    inside = message.find("Message", "Message")
    data = inside.find("Data") if inside is not None else None
    if kind is None or inside is None or data is None:
        return None
    values = [item.attributes.get("Value", "").strip().lower() for item in data.every("SimpleItem")]
    source = inside.find("Source")
    items = source.every("SimpleItem") if source is not None else ()
    name = topic + "".join(f" {item.attributes.get('Value', '')[:64]}" for item in items)
    news = inside.attributes.get("PropertyOperation", "Changed") == "Changed"
    return Notice(kind, name[:400], bool(_TRUE & set(values)), news)


class _Subscription:
    """One pull point at the camera, renewed while used and given back at the end."""

    def __init__(self, camera: OnvifCamera) -> None:
        self._camera = camera
        self._url, self._echo = "", ""
        self._renew_at_s = 0.0

    async def open(self) -> None:
        """Subscribe; Malformed when the camera has no events."""
        url = self._camera.service(EVENTS)
        if url is None:
            raise Malformed("this camera tells no events", kind="no-events")
        life = f"<InitialTerminationTime>PT{LIFE_S}S</InitialTerminationTime>"
        body = f'<CreatePullPointSubscription xmlns="{EVENTS}">{life}</CreatePullPointSubscription>'
        answer = await self._camera.soap.call(
            Call(url, body, action=f"{EVENTS}/EventPortType/CreatePullPointSubscriptionRequest")
        )
        self._url = same_host(self._camera.url, answer.text_at("SubscriptionReference", "Address"))
        parameters = answer.find("SubscriptionReference", "ReferenceParameters")
        self._echo = echoed(parameters.children) if parameters is not None else ""
        self._renew_at_s = _now_s() + LIFE_S / 2

    async def pull(self) -> list[Notice]:
        """Wait at the camera for up to ten seconds; what came, oldest first."""
        if _now_s() >= self._renew_at_s:
            await self._renew()
        body = (
            f'<PullMessages xmlns="{EVENTS}"><Timeout>PT{PULL_S}S</Timeout><MessageLimit>{MOST_PER_PULL}</MessageLimit>'
            "</PullMessages>"
        )
        action = f"{EVENTS}/PullPointSubscription/PullMessagesRequest"
        answer = await self._camera.soap.call(Call(self._url, body, action, self._echo, PULL_S + CALL_S))
        messages = [node for node in answer.children if node.name == "NotificationMessage"][:MOST_PER_PULL]
        return [notice for notice in map(read_notice, messages) if notice is not None]

    async def aclose(self) -> None:
        """Give the subscription back: cameras have few."""
        if self._url:
            with contextlib.suppress(ConsentryError):
                await self._call("Unsubscribe", "")

    async def _renew(self) -> None:
        await self._call("Renew", f"<TerminationTime>PT{LIFE_S}S</TerminationTime>")
        self._renew_at_s = _now_s() + LIFE_S / 2

    async def _call(self, verb: str, inside: str) -> None:
        body = f'<{verb} xmlns="{WSNT}">{inside}</{verb}>'
        await self._camera.soap.call(Call(self._url, body, f"{_SUBSCRIPTION}/{verb}Request", self._echo, 2.0))


def _kind_of(topic: str) -> EventKind | None:
    if topic.endswith(_DOORBELL):
        return EventKind.DOORBELL
    return EventKind.MOTION if topic.endswith(_MOTION) else None


def _turned_on(states: dict[str, bool], notice: Notice) -> bool:
    """Remember the state of the notice's source; is it news that it is on?"""
    before = states.pop(notice.source, False)
    states[notice.source] = notice.on
    while len(states) > MAX_STATES:
        del states[next(iter(states))]
    return notice.news and notice.on and not before


def _now_s() -> float:
    return asyncio.get_running_loop().time()
