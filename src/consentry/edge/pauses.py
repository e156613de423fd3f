"""A pause that its owner asked for: until they resume it, or for a time. Only this edge's own clock ends it."""

from consentry.edge.store import CameraState, Store


def note_pause(store: Store, camera: CameraState, until: object, now_ms: int) -> None:
    """Pause `camera` until `until` (ms of UTC), or for good when it is no number.

    A pause that ends by itself ends no longer one: that takes the owner's signature, or its own time.
    """
    until_ms = until if isinstance(until, int) else None
    if until_ms is not None and until_ms <= now_ms:
        return  # it was over before it came, or comes once more
    if camera.paused_at_ms is not None and until_ms is not None:
        held_ms = store.pause_ends().get(camera.id)
        until_ms = None if held_ms is None else max(held_ms, until_ms)
    store.put_pause(camera.id, now_ms, until_ms=until_ms)
