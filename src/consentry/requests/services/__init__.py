"""The only writer of this room."""

from consentry.requests.services.answer import (
    begin_answer,
    decline,
    finish_answer,
    most_keep_days,
    take_part,
    withdraw_answer,
)
from consentry.requests.services.ask import make_request, preview_request, resolve_request
from consentry.requests.services.fan_out import send_out_due, tell_due
from consentry.requests.services.follow import close_due, drop_lost, follow_items, publish_due, seal_due
from consentry.requests.services.settle import settle_answer
from consentry.requests.services.under_order import read_identities
from consentry.requests.services.wishes import set_wishes

__all__ = [
    "begin_answer",
    "close_due",
    "decline",
    "drop_lost",
    "finish_answer",
    "follow_items",
    "make_request",
    "most_keep_days",
    "preview_request",
    "publish_due",
    "read_identities",
    "resolve_request",
    "seal_due",
    "send_out_due",
    "set_wishes",
    "settle_answer",
    "take_part",
    "tell_due",
    "withdraw_answer",
]
