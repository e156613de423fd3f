"""What this edge remembers of each view, under the last terms that the owner signed: small facts in the store.

Only the owner's signature makes it forget: a server may bring tighter terms unsigned, and those change nothing here.
"""

import json

from consentry.edge.store import Store
from consentry.kernel.ids import CameraId
from consentry.kernel.terms import Terms
from consentry.media.camera_eye import Reference


def note_agreed(store: Store, terms: Terms) -> None:
    """The owner signed these terms, and with them that the view is as it should be."""
    store.put_fact(f"agreed:{terms.camera_id}", str(terms.version))


def note_moved(store: Store, camera: CameraId) -> None:
    """The view is another one than what the owner signed last."""
    store.put_fact(f"moved:{camera}", agreed(store, camera))


def has_moved(store: Store, camera: CameraId) -> bool:
    """Was the view seen to be another one, and did the owner not sign since?"""
    return store.fact(f"moved:{camera}") == agreed(store, camera)


def put_reference(store: Store, camera: CameraId, reference: Reference) -> None:
    """Remember the structure of a view."""
    edges = [round(edge * 100) for edge in reference.edges]
    store.put_fact(f"view:{camera}", json.dumps({"agreed": agreed(store, camera), "edges": edges}))


def find_reference(store: Store, camera: CameraId) -> Reference | None:
    """The structure that is remembered since the owner signed last; None before the first."""
    text = store.fact(f"view:{camera}")
    value = {} if text is None else json.loads(text)
    if value.get("agreed") != agreed(store, camera):
        return None
    return Reference(tuple(edge / 100 for edge in value["edges"]))


def agreed(store: Store, camera: CameraId) -> str:
    """Names what the owner signed last."""
    return store.fact(f"agreed:{camera}") or "unsigned"
