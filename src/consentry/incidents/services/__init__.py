"""The only writer of this room: feeds, calls, quarantine."""

from consentry.incidents.services.calls import close_call, take_call, take_calls
from consentry.incidents.services.feeds import (
    FeedPlan,
    add_feed,
    feed_secret,
    renew_secret,
    stop_feed,
)
from consentry.incidents.services.intake import Tally, quarantine, take_parsed
from consentry.incidents.services.push import check_push
from consentry.incidents.services.types import map_types, say_types

__all__ = [
    "FeedPlan",
    "Tally",
    "add_feed",
    "check_push",
    "close_call",
    "feed_secret",
    "map_types",
    "quarantine",
    "renew_secret",
    "say_types",
    "stop_feed",
    "take_call",
    "take_calls",
    "take_parsed",
]
