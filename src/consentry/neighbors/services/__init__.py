"""The only writers of this room."""

from consentry.neighbors.services.alerts import cancel_alert, issue_alert, update_alert
from consentry.neighbors.services.join import change_follow, join, leave
from consentry.neighbors.services.masks import advance_masks, ask_for_mask
from consentry.neighbors.services.pictures import (
    advance_videos,
    cover_picture,
    drop_picture,
    forget_loose,
    take_picture,
    take_video,
)
from consentry.neighbors.services.post import correct_post, withdraw_post, write_post
from consentry.neighbors.services.review import appeal, claim, decide, decide_appeal, report
from consentry.neighbors.services.seen import forget_seen, note_seen
from consentry.neighbors.services.talk import answer_as_agency, comment, thank, unthank, withdraw_comment
from consentry.neighbors.services.tell import advance_tellings

__all__ = [
    "advance_masks", "advance_tellings", "advance_videos", "answer_as_agency", "appeal", "ask_for_mask",
    "cancel_alert", "change_follow", "claim", "comment", "correct_post", "cover_picture", "decide", "decide_appeal",
    "drop_picture", "forget_loose", "forget_seen", "issue_alert", "join", "leave", "note_seen", "report",
    "take_picture", "take_video", "thank", "unthank", "update_alert", "withdraw_comment", "withdraw_post", "write_post",
]  # fmt: skip
