"""The process that plays a dispatch centre: pushes made-up calls through the real endpoint, signed, in real time."""

import json
import logging
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from consentry.demo.calls import Beat, DemoCall, beats, eido_of
from consentry.demo.city import SEED
from consentry.demo.seed import find_seeding
from consentry.incidents.queries import get_feed, local_types_of, open_incidents
from consentry.incidents.services import feed_secret
from consentry.incidents.signature import HEADER, sign_with_hmac
from consentry.incidents.types import UNMAPPED
from consentry.kernel.clock import Clock, to_ms, utc_now
from consentry.kernel.errors import Unavailable
from consentry.kernel.ids import FeedId

logger = logging.getLogger(__name__)
TIMEOUT_S = 10
RETRIES, RETRY_S = 5, 1.0


@dataclass(frozen=True)
class Sender:
    """Pushes EIDO documents to `server` as one feed."""

    server: str
    feed: FeedId
    secret: bytes
    clock: Clock = utc_now

    def push(self, document: dict[str, object]) -> dict[str, object]:
        """Push one document, signed; Unavailable when the server refuses or does not answer."""
        body = json.dumps(document).encode()
        header = sign_with_hmac(self.feed, self.secret, body, at_ms=to_ms(self.clock()))
        url = f"{self.server.rstrip('/')}/api/feeds/{self.feed}/eido"
        request = urllib.request.Request(url, data=body, method="POST")  # noqa: S310 the server that we were given
        request.add_header(HEADER, header)
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 as above
                said = json.load(answer)
        except (urllib.error.URLError, TimeoutError, ValueError) as error:
            raise Unavailable(f"the push was not taken: {error}") from error
        return dict(said)


def play(sender: Sender, *, wait: Callable[[float], bool], seed: int = SEED, limit: int | None = None) -> None:
    """Push every beat when its time comes, at most `limit`; `wait(seconds)` is True when it is time to stop."""
    started, reported = sender.clock(), dict[str, datetime]()
    for count, beat in enumerate(beats(seed, f"PM-{started:%y%m%d%H%M%S}")):
        due = started + timedelta(seconds=beat.at_s)
        if count == limit or wait(max(0.0, (due - sender.clock()).total_seconds())):
            return
        _push_beat(sender, beat, reported, wait)


def _push_beat(sender: Sender, beat: Beat, reported: dict[str, datetime], wait: Callable[[float], bool]) -> None:
    for _ in range(RETRIES):
        now = sender.clock()
        reported_at = reported.setdefault(beat.call.number, now)
        document = eido_of(beat.call, reported_at=reported_at, updated_at=now, is_open=beat.is_open)
        try:
            sender.push(document)
        except Unavailable as error:
            logger.warning("%s", error)
            if wait(RETRY_S):
                return
        else:
            break
    if not beat.is_open:
        reported.pop(beat.call.number, None)


def close_old_calls(sender: Sender) -> int:
    """Close what an earlier run left open, through the same door; how many."""
    feed = get_feed(sender.feed)
    left = [incident for incident in open_incidents(feed.agency) if incident.feed == feed.id and incident.place]
    said = local_types_of([incident.id for incident in left])
    for incident in left:
        if incident.place is not None:
            code = "" if incident.type_code == UNMAPPED else incident.type_code
            call = DemoCall(incident.number, code, said[incident.id], incident.place, incident.block)
            sender.push(eido_of(call, reported_at=incident.reported_at, updated_at=sender.clock(), is_open=False))
    return len(left)


def run(server: str | None = None) -> int:
    """Play until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    feed = get_feed(find_seeding().feed)
    sender = Sender(server or settings.ORIGIN, feed.id, feed_secret(feed))
    for _ in range(RETRIES):
        try:
            close_old_calls(sender)
            break
        except Unavailable as error:
            logger.warning("%s", error)
            time.sleep(RETRY_S)
    play(sender, wait=stop.wait)
    return 0
