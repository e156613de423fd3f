"""The pull points of the demo's ONVIF camera: each bounded in time, few at once, addressed by a reference parameter."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from consentry.demo.onvif_wire import SPACES, Request, SoapFault, require_action, seconds_of

MAX_SUBSCRIPTIONS = 4


@dataclass
class Subscription:
    """A pull point. `notices` wait to be pulled; it ends at `until`, of the camera's clock."""

    until: datetime
    notices: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)
    renewed: int = 0


class PullPoints:
    """Owns the subscriptions. `now`: the camera's clock; `named`: the address that the camera gives a service."""

    def __init__(self, now: Callable[[], datetime], named: Callable[[str], str]) -> None:
        self.subscriptions: dict[str, Subscription] = {}
        self._now, self._named = now, named

    def notice(self, topic: str, item: str, *, on: bool, operation: str = "Changed") -> None:
        """Something happened: `topic` as `tns1:…`, `item` is the name of its data (`IsMotion`, `State`)."""
        at = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        dialect = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
        text = (
            f'<wsnt:NotificationMessage><wsnt:Topic Dialect="{dialect}">{topic}</wsnt:Topic><wsnt:Message>'
            f'<tt:Message UtcTime="{at}" PropertyOperation="{operation}"><tt:Source>'
            '<tt:SimpleItem Name="VideoSourceConfigurationToken" Value="000"/></tt:Source><tt:Data>'
            f'<tt:SimpleItem Name="{item}" Value="{str(on).lower()}"/></tt:Data></tt:Message></wsnt:Message>'
            "</wsnt:NotificationMessage>"
        )
        for subscription in self.subscriptions.values():
            subscription.notices.put_nowait(text)

    def subscribe(self, call: Request) -> str:
        """A new pull point."""
        require_action(call, "http://www.onvif.org/ver10/events/wsdl/EventPortType/CreatePullPointSubscriptionRequest")
        self.subscriptions = {name: kept for name, kept in self.subscriptions.items() if kept.until > self._now()}
        if len(self.subscriptions) >= MAX_SUBSCRIPTIONS:
            raise SoapFault("wsnt:SubscribeCreationFailedFault", "too many subscriptions")
        name = secrets.token_hex(4)
        until = self._now() + seconds_of(call.text("tev:InitialTerminationTime"))
        self.subscriptions[name] = Subscription(until)
        self.notice("tns1:RuleEngine/CellMotionDetector/Motion", "IsMotion", on=True, operation="Initialized")
        where = f"<a:Address>{self._named('sub/' + name)}</a:Address>"
        where += f"<a:ReferenceParameters><sim:Key>{name}</sim:Key></a:ReferenceParameters>"
        inside = f"<tev:SubscriptionReference>{where}</tev:SubscriptionReference>{_times(self._now(), until)}"
        return f"<tev:CreatePullPointSubscriptionResponse>{inside}</tev:CreatePullPointSubscriptionResponse>"

    async def pull(self, service: str, call: Request) -> str:
        """Wait for notices, as long as the caller likes."""
        require_action(call, "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesRequest")
        subscription = self._subscription(service, call)
        texts: list[str] = []
        try:
            async with asyncio.timeout(seconds_of(call.text("tev:Timeout")).total_seconds()):
                texts.append(await subscription.notices.get())
        except TimeoutError:
            pass
        while not subscription.notices.empty() and len(texts) < int(call.text("tev:MessageLimit")):
            texts.append(subscription.notices.get_nowait())
        times = f"<tev:CurrentTime>{_iso(self._now())}</tev:CurrentTime>"
        times += f"<tev:TerminationTime>{_iso(subscription.until)}</tev:TerminationTime>"
        return f"<tev:PullMessagesResponse>{times}{''.join(texts)}</tev:PullMessagesResponse>"

    def renew(self, service: str, call: Request) -> str:
        """Live longer."""
        require_action(call, "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest")
        subscription = self._subscription(service, call)
        subscription.until = self._now() + seconds_of(call.text("wsnt:TerminationTime"))
        subscription.renewed += 1
        return f"<wsnt:RenewResponse>{_times(self._now(), subscription.until)}</wsnt:RenewResponse>"

    def unsubscribe(self, service: str, call: Request) -> str:
        """Give it back."""
        self._subscription(service, call)
        del self.subscriptions[service.removeprefix("sub/")]
        return "<wsnt:UnsubscribeResponse/>"

    def _subscription(self, service: str, call: Request) -> Subscription:
        name = service.removeprefix("sub/")
        found = self.subscriptions.get(name)
        if found is None or found.until <= self._now():
            raise SoapFault("wsnt:ResourceUnknownFault", "no such subscription")
        if call.header.findtext("sim:Key", "", SPACES) != name:
            raise SoapFault("ter:InvalidArgVal", "the reference parameters did not come back")
        return found


def _times(now: datetime, until: datetime) -> str:
    at = f"<wsnt:CurrentTime>{_iso(now)}</wsnt:CurrentTime>"
    return f"{at}<wsnt:TerminationTime>{_iso(until)}</wsnt:TerminationTime>"


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
