"""The only writer of cameras, edges, owners' keys and letters. One file per verb."""

from consentry.cameras.services.ask_edge import ask_for_cameras, fetch_found, hear_events
from consentry.cameras.services.guests import end_sharing, invite_guest, share_with, take_invitation
from consentry.cameras.services.health import (
    record_edge_doubled,
    record_edge_offline,
    record_health,
    record_public_health,
    record_public_warnings,
)
from consentry.cameras.services.letters import post_letter, purge, send_letter, take_letters
from consentry.cameras.services.meeting import find_code, leave_code
from consentry.cameras.services.owner_keys import register_owner_key, revoke_owner_key
from consentry.cameras.services.pairing import pair_edge, prepare_pairing
from consentry.cameras.services.pause import end_pauses, pause_camera, resume_camera
from consentry.cameras.services.pictures import ask_picture, fetch_picture
from consentry.cameras.services.places import record_place
from consentry.cameras.services.push_keys import add_pushed_camera, end_push_key, make_push_key
from consentry.cameras.services.register import (
    change_view,
    enter_public_camera,
    move_public_address,
    register_camera,
    register_public_camera,
    remove_camera,
    renew_cells,
    send_address,
)
from consentry.cameras.services.remove_edge import remove_edge
from consentry.cameras.services.rotations import send_rotations
from consentry.cameras.services.sound import set_sound
from consentry.cameras.services.sub_stream import enter_sub_stream, set_sub_stream
from consentry.cameras.services.turning import set_turning

__all__ = [
    "add_pushed_camera",
    "ask_for_cameras",
    "ask_picture",
    "change_view",
    "end_pauses",
    "end_push_key",
    "end_sharing",
    "enter_public_camera",
    "enter_sub_stream",
    "fetch_found",
    "fetch_picture",
    "find_code",
    "hear_events",
    "invite_guest",
    "leave_code",
    "make_push_key",
    "move_public_address",
    "pair_edge",
    "pause_camera",
    "post_letter",
    "prepare_pairing",
    "purge",
    "record_edge_doubled",
    "record_edge_offline",
    "record_health",
    "record_place",
    "record_public_health",
    "record_public_warnings",
    "register_camera",
    "register_owner_key",
    "register_public_camera",
    "remove_camera",
    "remove_edge",
    "renew_cells",
    "resume_camera",
    "revoke_owner_key",
    "send_address",
    "send_letter",
    "send_rotations",
    "set_sound",
    "set_sub_stream",
    "set_turning",
    "share_with",
    "take_invitation",
    "take_letters",
]
