"""Pictures and videos on their way into a post: made anew, faces found, covers painted, thrown away when unused."""

import os
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from consentry.core.outbox import tell
from consentry.core.principal import Principal
from consentry.kernel.errors import Conflict, ConsentryError, LimitReached, Malformed, Refused
from consentry.kernel.ids import PersonId, PictureId, new_id
from consentry.kernel.limits_residents import (
    MAX_COVERS,
    MAX_LOOSE_PICTURES,
    MAX_PICTURE_BYTES,
    MAX_POST_VIDEO_BYTES,
    PICTURE_LIFE_H,
    WITHDRAWN_DAYS,
)
from consentry.neighbors.access import access_neighbor, access_own_picture
from consentry.neighbors.models import Neighbor, Picture
from consentry.neighbors.picture_make import check_boxes, make_picture, make_video, write_whole
from consentry.neighbors.rules import is_new
from consentry.neighbors.types import PostState


def take_picture(principal: Principal, data: bytes, *, now: datetime) -> PictureId:
    """Make a picture anew and keep that; what was sent is forgotten. Faces that were found wait for the owner's word.

    Raises:
        Malformed: as `make_picture`, or `picture-bytes`. Refused: `not-joined`. LimitReached: `pictures`.
        Unavailable: the finder or the child is not there; without the finder no picture is taken.
    """
    neighbor = access_neighbor(principal)
    if not 0 < len(data) <= MAX_PICTURE_BYTES:
        raise Malformed("a picture has at most 16 MiB", kind="picture-bytes")
    _check_loose(neighbor)
    made = make_picture(data)
    name = new_id("picture")
    write_whole(file_of(name), made.jpeg)
    with transaction.atomic():
        Neighbor.objects.select_for_update().get(person=neighbor.person_id)
        _check_loose(neighbor)
        Picture.objects.create(
            id=name, owner_id=neighbor.person_id, kind="picture", state="ready", width_px=made.width_px,
            height_px=made.height_px, faces=[list(box) for box in made.faces], sent_at=now,
        )  # fmt: skip
    return PictureId(name)


def take_video(principal: Principal, pieces: Iterable[bytes], *, cover_faces: bool, now: datetime) -> PictureId:
    """Keep a video's bytes until the worker has made it anew; nobody is shown them.

    Raises: Refused (`not-joined`, `new-neighbor`), LimitReached (`pictures`), Malformed (`video-bytes`).
    """
    neighbor = access_neighbor(principal)
    if is_new(neighbor.joined_at, now):
        raise Refused("an account sends no video in its first week", kind="new-neighbor")
    _check_loose(neighbor)
    name = new_id("picture")
    path = _sent(name)
    size = 0
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in pieces:
                size += len(piece)
                if size > MAX_POST_VIDEO_BYTES:
                    raise Malformed("a video has at most 64 MiB", kind="video-bytes")
                file.write(piece)
        if size == 0:
            raise Malformed("there is no video", kind="video-bytes")
        with transaction.atomic():
            Neighbor.objects.select_for_update().get(person=neighbor.person_id)
            _check_loose(neighbor)
            Picture.objects.create(
                id=name, owner_id=neighbor.person_id, kind="video", state="waiting", cover_faces=cover_faces,
                sent_at=now,
            )  # fmt: skip
    except ConsentryError:
        path.unlink(missing_ok=True)
        raise
    return PictureId(name)


@transaction.atomic
def cover_picture(principal: Principal, picture: str, boxes: Sequence[Sequence[int]]) -> None:
    """Paint over these places for good, in ten-thousandths: faces that were found, plates and whatever was drawn.

    Raises NotFound; Conflict for a video or one that is not ready; Malformed (`cover`).
    """
    row = access_own_picture(principal, picture)
    if row.kind != "picture" or row.state != "ready":
        raise Conflict("this cannot be covered by hand", kind="picture-state")
    covers = check_boxes(boxes)
    if len(covers) > MAX_COVERS:
        raise Malformed(f"at most {MAX_COVERS} covers", kind="cover")
    if not covers:
        return
    made = make_picture(file_of(row.id).read_bytes(), covers=covers, find_faces=False)
    write_whole(file_of(row.id), made.jpeg)
    row.faces = [box for box in row.faces if not any(_hides(cover, box) for cover in covers)]
    row.save(update_fields=["faces"])


@transaction.atomic
def drop_picture(principal: Principal, picture: str) -> None:
    """Throw away one's own picture that is not posted; NotFound otherwise."""
    row = access_own_picture(principal, picture)
    name = row.id
    row.delete()
    transaction.on_commit(lambda: _erase(name))


def advance_videos(now: datetime) -> int:
    """Make the videos that wait, one after the other, and tell their owners' pages. Returns how many."""
    done = 0
    for name in Picture.objects.filter(state="waiting").order_by("sent_at").values_list("id", flat=True):
        row = Picture.objects.get(id=name)
        state, said, size = _made(row)
        Picture.objects.filter(id=name, state="waiting").update(
            state=state, said=said, width_px=size[0], height_px=size[1], sent_at=now
        )
        _sent(name).unlink(missing_ok=True)
        tell_owner(PersonId(row.owner_id), name)
        done += 1
    return done


def forget_loose(now: datetime) -> int:
    """Throw away pictures not posted within a day, those of posts taken back, and files that no row names; how many."""
    old = Q(post=None, sent_at__lt=now - timedelta(hours=PICTURE_LIFE_H))
    # An author's own word: what they took back is not kept longer than a moderator may need it.
    old |= Q(post__state=PostState.WITHDRAWN, sent_at__lt=now - timedelta(days=WITHDRAWN_DAYS))
    names = list(Picture.objects.filter(old).values_list("id", flat=True))
    Picture.objects.filter(old, id__in=names).delete()
    known = set(Picture.objects.values_list("id", flat=True))
    border = (now - timedelta(hours=1)).timestamp()
    for path in _folder().iterdir():
        if path.name.partition(".")[0] not in known and path.stat().st_mtime < border:
            path.unlink(missing_ok=True)
    for name in names:
        _erase(name)
    return len(names)


def forget_pictures(names: Sequence[str]) -> None:
    """Throw these away, posted or not, in the caller's transaction; whose they are was checked."""
    Picture.objects.filter(id__in=names).delete()
    for name in names:
        transaction.on_commit(partial(_erase, name))


def file_of(name: str) -> Path:
    """Where the made file of a picture lies."""
    return _folder() / name


def tell_owner(owner: PersonId, name: str) -> None:
    """Wake the owner's open pages: a picture changed."""
    tell(f"person:{owner}", "picture.changed", name)


def _made(row: Picture) -> tuple[str, str, tuple[int, int]]:
    """PostState, what was wrong and the size after making one video."""
    target = _folder() / f"{row.id}.part"
    try:
        with _sent(row.id).open("rb") as source, target.open("wb") as sink:
            size = make_video(source, sink, cover_faces=row.cover_faces)
            sink.flush()
            os.fsync(sink.fileno())
    except (ConsentryError, OSError) as error:
        target.unlink(missing_ok=True)
        return "refused", error.kind if isinstance(error, ConsentryError) else "video-damaged", (0, 0)
    target.replace(file_of(row.id))
    return "ready", "", size


def _check_loose(neighbor: Neighbor) -> None:
    if Picture.objects.filter(owner=neighbor.person_id, post=None).count() >= MAX_LOOSE_PICTURES:
        raise LimitReached(f"at most {MAX_LOOSE_PICTURES} pictures that are not posted", kind="pictures")


def _hides(cover: Sequence[int], box: Sequence[int]) -> bool:
    return cover[0] <= box[0] and cover[1] <= box[1] and cover[2] >= box[2] and cover[3] >= box[3]


def _sent(name: str) -> Path:
    return _folder() / f"{name}.sent"


def _erase(name: str) -> None:
    file_of(name).unlink(missing_ok=True)
    _sent(name).unlink(missing_ok=True)


def _folder() -> Path:
    folder = Path(settings.DATA) / "neighbors"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
