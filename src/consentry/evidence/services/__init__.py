"""The only writer of this room."""

from consentry.evidence.services.answers import (
    append_answer,
    begin_answer,
    complete_answer,
    drop_answer,
    end_answer,
    find_answer,
    seal_answer,
    withdraw_answer,
)
from consentry.evidence.services.begin import begin_item
from consentry.evidence.services.cases import (
    add_to_case,
    in_bulk,
    keep_case_until,
    name_item,
    open_case,
    take_from_case,
    write_note,
)
from consentry.evidence.services.clips import take_answer_clip, take_order_clip
from consentry.evidence.services.exports import (
    advance_exports,
    begin_disclosed_export,
    begin_export,
    fetch_export,
    serve_export,
)
from consentry.evidence.services.holds import clear_hold, set_hold
from consentry.evidence.services.keep import close_ended, keep_look, stop_keeping, take_recorder_state
from consentry.evidence.services.look_again import look_due
from consentry.evidence.services.mend import put_in_order
from consentry.evidence.services.ordered import (
    access_handed,
    begin_handed,
    finish_handed,
    seal_handed_due,
    stop_handed,
    take_handed_part,
)
from consentry.evidence.services.play import open_item, serve_file
from consentry.evidence.services.seal import (
    close_due,
    destroy_due,
    destroy_keks,
    drop_empty,
    note_logged,
    replay_shreds,
)
from consentry.evidence.services.segments import take_segment
from consentry.evidence.services.stamp import stamp_due
from consentry.evidence.services.store import store_due
from consentry.evidence.services.uploads import (
    access_upload,
    advance_uploads,
    begin_upload,
    drop_upload,
    finish_upload,
    take_part,
)

__all__ = [
    "access_handed",
    "access_upload",
    "add_to_case",
    "advance_exports",
    "advance_uploads",
    "append_answer",
    "begin_answer",
    "begin_disclosed_export",
    "begin_export",
    "begin_handed",
    "begin_item",
    "begin_upload",
    "clear_hold",
    "close_due",
    "close_ended",
    "complete_answer",
    "destroy_due",
    "destroy_keks",
    "drop_answer",
    "drop_empty",
    "drop_upload",
    "end_answer",
    "fetch_export",
    "find_answer",
    "finish_handed",
    "finish_upload",
    "in_bulk",
    "keep_case_until",
    "keep_look",
    "look_due",
    "name_item",
    "note_logged",
    "open_case",
    "open_item",
    "put_in_order",
    "replay_shreds",
    "seal_answer",
    "seal_handed_due",
    "serve_export",
    "serve_file",
    "set_hold",
    "stamp_due",
    "stop_handed",
    "stop_keeping",
    "store_due",
    "take_answer_clip",
    "take_from_case",
    "take_handed_part",
    "take_order_clip",
    "take_part",
    "take_recorder_state",
    "take_segment",
    "withdraw_answer",
    "write_note",
]
