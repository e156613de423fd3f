"""Which post, comment or picture somebody may read or change: whatever is not theirs to see looks absent."""

from django.utils.crypto import salted_hmac

from consentry.core.principal import Principal
from consentry.kernel.errors import NotFound, Refused
from consentry.kernel.ids import PersonId
from consentry.kernel.roles import Role
from consentry.neighbors.models import Comment, Neighbor, Picture, Post
from consentry.neighbors.types import PostState


def person_of(principal: Principal) -> PersonId:
    """Who asks; NotFound for nobody, which the outer door has refused already."""
    if principal.person is None:
        raise NotFound("nobody is signed in")
    return principal.person


def access_neighbor(principal: Principal, *, lock: bool = False) -> Neighbor:
    """The principal as a neighbour; Refused (`not-joined`) before they joined. Locked for the transaction if `lock`."""
    rows = Neighbor.objects.select_for_update() if lock else Neighbor.objects
    found = rows.filter(person=person_of(principal)).first() if principal.has(Role.OWNER) else None
    if found is None:
        raise Refused("say first which quarter you live in", kind="not-joined")
    return found


def access_post(principal: Principal, post: str, *, lock: bool = False) -> Post:
    """A post that is shown, or one's own in any state; NotFound otherwise. Locked for the transaction if `lock`."""
    rows = Post.objects.select_for_update() if lock else Post.objects
    found = rows.filter(id=post).first()
    if found is None or (found.state != PostState.SHOWN and found.author_id != principal.person):
        raise NotFound("there is no such post")
    return found


def access_own_post(principal: Principal, post: str) -> Post:
    """One's own post, locked; NotFound otherwise."""
    found = Post.objects.select_for_update().filter(id=post, author=person_of(principal)).first()
    if found is None:
        raise NotFound("there is no such post")
    return found


def access_comment(principal: Principal, comment: str) -> Comment:
    """A comment that is shown below a post that is shown; NotFound otherwise."""
    found = Comment.objects.select_related("post").filter(id=comment, state=PostState.SHOWN).first()
    if found is None:
        raise NotFound("there is no such answer")
    access_post(principal, found.post.id)
    return found


def access_picture(principal: Principal, picture: str) -> Picture:
    """A picture of a post that the principal may read, or one's own that is not posted yet; NotFound otherwise."""
    found = Picture.objects.select_related("post").filter(id=picture).first()
    if found is None:
        raise NotFound("there is no such picture")
    if found.post is None:
        if found.owner_id != principal.person:
            raise NotFound("there is no such picture")
        return found
    access_post(principal, found.post.id)
    return found


def access_own_picture(principal: Principal, picture: str) -> Picture:
    """One's own picture that is not posted yet, locked; NotFound otherwise."""
    rows = Picture.objects.select_for_update().filter(id=picture, owner=person_of(principal), post=None)
    found = rows.first()
    if found is None:
        raise NotFound("there is no such picture")
    return found


def pseudonym_key() -> bytes:
    """The key of all pseudonyms, derived from the web's secret."""
    return salted_hmac("consentry.neighbors.pseudonym", "").digest()
