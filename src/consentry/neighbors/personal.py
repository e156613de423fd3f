"""What this room holds of a person: their quarter, posts, answers, thanks, reports, removals, and asks for masks."""

from collections.abc import Iterator
from pathlib import Path

from consentry.core.personal import Held, RoomData, Row, Section, Why, of_office
from consentry.core.principal import Principal
from consentry.kernel.ids import PersonId
from consentry.neighbors.models import (
    Comment,
    FollowPiece,
    MaskAsk,
    MaskNote,
    Neighbor,
    Picture,
    Post,
    PostVersion,
    Report,
    Seen,
    Thanks,
)
from consentry.neighbors.review_queries import own_reviews
from consentry.neighbors.services.depart import erase_neighbor
from consentry.neighbors.services.pictures import file_of


def _neighbor(person: PersonId) -> Iterator[Row]:
    for row in Neighbor.objects.filter(person=person):
        pieces = list(FollowPiece.objects.filter(neighbor=row).order_by("cell").values_list("cell", flat=True))
        yield {"cell": row.cell, "radius_m": row.radius_m, "tell": row.tell, "joined_at": row.joined_at, "area": pieces}


def _posts(person: PersonId) -> Iterator[Row]:
    for row in Post.objects.filter(author=person).order_by("number").iterator():
        earlier = PostVersion.objects.filter(post=row).order_by("version")
        yield {
            "post": row.id, "category": row.category, "text": row.text, "cell": row.cell, "is_urgent": row.is_urgent,
            "state": row.state, "reason": row.reason, "made_at": row.made_at, "corrected_at": row.corrected_at,
            "earlier": [{"text": one.text, "category": one.category, "until": one.until} for one in earlier],
        }  # fmt: skip


def _pictures(person: PersonId) -> Iterator[Row]:
    for row in Picture.objects.filter(owner=person).order_by("sent_at", "id").iterator():
        yield {
            "picture": row.id, "post": None if row.post is None else row.post.id, "kind": row.kind, "state": row.state,
            "sent_at": row.sent_at, "file": _name(row),
        }  # fmt: skip


def _files(person: PersonId) -> Iterator[tuple[str, Path]]:
    for row in Picture.objects.filter(owner=person, state__in=("posted", "ready")).order_by("sent_at", "id"):
        yield _name(row), file_of(row.id)


def _name(row: Picture) -> str:
    return f"{row.id}.{'mp4' if row.kind == 'video' else 'jpg'}"


def _comments(person: PersonId) -> Iterator[Row]:
    """What they said for themselves; the post below which it stands is named by its id."""
    rows = Comment.objects.filter(author=person, agency="").select_related("post").order_by("made_at", "id")
    for row in rows.iterator():
        yield {
            "comment": row.id, "post": row.post.id, "text": row.text, "state": row.state, "reason": row.reason,
            "made_at": row.made_at,
        }  # fmt: skip


def _thanks(person: PersonId) -> Iterator[Row]:
    for row in Thanks.objects.filter(person=person).select_related("post").order_by("id").iterator():
        yield {"post": row.post.id}


def _reports(person: PersonId) -> Iterator[Row]:
    for row in Report.objects.filter(person=person).select_related("review").order_by("id").iterator():
        yield {"about": row.review.subject, "reason": row.reason, "said": row.said, "at": row.at}


def _removals(person: PersonId) -> Iterator[Row]:
    """Removals of what they wrote, their appeals, and what opens the commitments in the log; no moderator's name."""
    for row in own_reviews(Principal(person=person)):
        yield {
            "about": row.subject, "state": row.state, "reason": row.reason, "explained": row.explained,
            "decided_at": row.decided_at, "appeal": row.appeal, "appeal_verdict": row.appeal_verdict,
            "appeal_explained": row.appeal_explained, "record": row.record, "salt": row.salt,
        }  # fmt: skip


def _mask_wishes(person: PersonId) -> Iterator[Row]:
    """The place itself was destroyed once owners, if any, were asked."""
    for row in MaskAsk.objects.filter(person=person).order_by("asked_at", "id"):
        yield {"asked_at": row.asked_at, "said": row.said, "done_at": row.done_at}


def _mask_notes(person: PersonId) -> Iterator[Row]:
    for row in MaskNote.objects.filter(owner=person).order_by("id").iterator():
        yield {"camera": row.camera, "towards_deg": row.towards_deg, "said": row.said, "at": row.at}


def _seen(person: PersonId) -> Iterator[Row]:
    for row in Seen.objects.filter(person=person).order_by("id").iterator():
        yield {"about": row.subject, "version": row.version, "at": row.at}


PERSONAL = RoomData(
    "neighbors",
    {
        "Comment.author": Held("comments", stays=Why.ACT_OF_OFFICE), "MaskAsk.person": Held("mask_wishes"),
        "MaskNote.owner": Held("mask_notes"), "Neighbor.person": Held("neighbor"), "Picture.owner": Held("pictures"),
        "Post.author": Held("posts"), "Report.person": Held("reports"), "Seen.person": Held("seen"),
        "Thanks.person": Held("thanks"),
        **of_office("Alert.issued_by", "Review.appeal_decided_by", "Review.claimed_by", "Review.decided_by"),
    },
    (
        Section("neighbor", _neighbor), Section("posts", _posts), Section("pictures", _pictures, _files),
        Section("comments", _comments), Section("thanks", _thanks), Section("reports", _reports),
        Section("removals", _removals), Section("mask_wishes", _mask_wishes), Section("mask_notes", _mask_notes),
        Section("seen", _seen),
    ),
    erase_neighbor,
)  # fmt: skip
