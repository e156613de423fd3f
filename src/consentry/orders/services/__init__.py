"""The only writer of this room."""

from consentry.orders.services.draw import change_order, draw_order, put_document, read_document, withdraw_order
from consentry.orders.services.execute import execute_order, note_identity_read, note_yield
from consentry.orders.services.expire import expire_due
from consentry.orders.services.hand_over import (
    access_hand_over,
    begin_hand_over,
    check_hand_over,
    complete_hand_over,
    fail_hand_over,
    lock_hand_over,
    receive_again,
    seal_hand_over,
    stop_hand_over,
)
from consentry.orders.services.review import review_order
from consentry.orders.services.serve import say, serve_answerer, tell_due

__all__ = [
    "access_hand_over",
    "begin_hand_over",
    "change_order",
    "check_hand_over",
    "complete_hand_over",
    "draw_order",
    "execute_order",
    "expire_due",
    "fail_hand_over",
    "lock_hand_over",
    "note_identity_read",
    "note_yield",
    "put_document",
    "read_document",
    "receive_again",
    "review_order",
    "say",
    "seal_hand_over",
    "serve_answerer",
    "stop_hand_over",
    "tell_due",
    "withdraw_order",
]
