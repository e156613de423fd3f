"""Whose an answer is: sealed with a key that is a file beside the database, so that a copy of the rows tells nobody.

The server opens it to seal the clip and to tell the owner what became of it. For an agency it is opened by a court's
order that names the answer, and by nothing else (`services/under_order.py`).
"""

from dataclasses import dataclass, field

from consentry.core.at_rest import open_at_rest, seal_at_rest, tag_at_rest
from consentry.kernel.canonical import canonical_json, from_b64, parse_object, to_b64
from consentry.kernel.ids import AnswerId, CameraId, EdgeId, PersonId, RequestId
from consentry.kernel.limits import MAX_CLIP_MANIFEST_BYTES

KEY = "answers"
_MAX_BYTES = 2 * MAX_CLIP_MANIFEST_BYTES


@dataclass(frozen=True)
class Identity:
    """Who answered, and of a clip the camera, the edge, its Ed25519 key (32 bytes) and the manifest that it signed."""

    person: PersonId
    camera: CameraId | str = ""
    edge: EdgeId | str = ""
    edge_key: bytes = field(default=b"", repr=False)
    signed: bytes = field(default=b"", repr=False)


def tag_of(request: RequestId, person: PersonId) -> bytes:
    """32 bytes that stand for a home in one request, and for nothing in another."""
    return tag_at_rest(KEY, person.encode(), context=f"request\n{request}")


def seal_identity(answer: AnswerId, identity: Identity) -> bytes:
    """What the database keeps instead of the identity."""
    record = {
        "person": identity.person, "camera": identity.camera, "edge": identity.edge,
        "edge_key": to_b64(identity.edge_key), "signed": to_b64(identity.signed),
    }  # fmt: skip
    return seal_at_rest(KEY, canonical_json(record), context=f"answer\n{answer}")


def open_identity(answer: AnswerId, sealed: bytes) -> Identity:
    """Whose `answer` is; Untrusted when it was sealed for another answer or in another installation."""
    found = parse_object(open_at_rest(KEY, sealed, context=f"answer\n{answer}"), max_bytes=_MAX_BYTES)
    return Identity(
        PersonId(found["person"]), CameraId(found["camera"]), EdgeId(found["edge"]), from_b64(found["edge_key"]),
        from_b64(found["signed"]),
    )  # fmt: skip
