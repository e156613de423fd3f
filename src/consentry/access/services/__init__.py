"""The only writers of this room, by verb."""

from consentry.access.publish import adopt_folder, publish_policy
from consentry.access.services.answer import answer_ask
from consentry.access.services.ask import ask_to_look
from consentry.access.services.due import end_due
from consentry.access.services.end import end_grants
from consentry.access.services.extend import agree_to_more, extend_grant
from consentry.access.services.flags import answer_flag, raise_flag
from consentry.access.services.gateways import register_gateway, see_edge
from consentry.access.services.leases import is_unsettled, leases_of, see_gateway, share_out, take_leases
from consentry.access.services.move import move_session
from consentry.access.services.renew import renew_ticket
from consentry.access.services.report import note_first_frame, note_gateway_end
from consentry.access.services.start import prepare, register_from_file, send_policies
from consentry.access.services.stop import close_grant, end_session, stop_camera, stop_looks

__all__ = [
    "adopt_folder",
    "agree_to_more",
    "answer_ask",
    "answer_flag",
    "ask_to_look",
    "close_grant",
    "end_due",
    "end_grants",
    "end_session",
    "extend_grant",
    "is_unsettled",
    "leases_of",
    "move_session",
    "note_first_frame",
    "note_gateway_end",
    "prepare",
    "publish_policy",
    "raise_flag",
    "register_from_file",
    "register_gateway",
    "renew_ticket",
    "see_edge",
    "see_gateway",
    "send_policies",
    "share_out",
    "stop_camera",
    "stop_looks",
    "take_leases",
]
