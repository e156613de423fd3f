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
from consentry.requests.services.from_box import fail_from_box, finish_from_box, read_for_box, take_box_part
from consentry.requests.services.settle import settle_answer
from consentry.requests.services.under_order import read_identities
from consentry.requests.services.wishes import set_wishes

__all__ = [
    "begin_answer",
    "close_due",
    "decline",
    "drop_lost",
    "fail_from_box",
    "finish_answer",
    "finish_from_box",
    "follow_items",
    "make_request",
    "most_keep_days",
    "preview_request",
    "publish_due",
    "read_for_box",
    "read_identities",
    "resolve_request",
    "seal_due",
    "send_out_due",
    "set_wishes",
    "settle_answer",
    "take_box_part",
    "take_part",
    "tell_due",
    "withdraw_answer",
]
