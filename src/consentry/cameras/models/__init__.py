"""Cameras with place and view, edges, owners' keys; and what passes between an edge and its owner, sealed."""

from consentry.cameras.models.carried import EventPicture, FoundCameras, Guest, Letter, Picture, SealedEvent
from consentry.cameras.models.registry import Camera, Edge, MobilePlace, OwnerKey, PairingCode, PairingFailure, PushKey

__all__ = [
    "Camera", "Edge", "EventPicture", "FoundCameras", "Guest", "Letter", "MobilePlace", "OwnerKey", "PairingCode",
    "PairingFailure", "Picture", "PushKey", "SealedEvent",
]  # fmt: skip
