"""How city cameras are shared out over living gateways. Pure: the same facts give the same moves.

A camera stays where it is as long as it can: one that somebody watches moves only when its gateway is gone.
"""

from collections.abc import Collection, Iterable, Mapping

from consentry.kernel.ids import CameraId, GatewayId


def moves(
    cameras: Iterable[CameraId],
    held: Mapping[CameraId, GatewayId],
    living: Collection[GatewayId],
    watched: Collection[CameraId],
) -> dict[CameraId, GatewayId]:
    """Camera → the gateway that must take it now; empty when nothing has to move or nobody lives.

    `held`: as it is, also by the dead. First each camera gets a living holder, the one with the fewest; then cameras
    that nobody watches move from the fullest to the emptiest until no two differ by more than one.
    """
    if not living:
        return {}
    shares: dict[GatewayId, list[CameraId]] = {gateway: [] for gateway in sorted(living)}
    homeless: list[CameraId] = []
    for camera in sorted(cameras):
        shares.get(held.get(camera, GatewayId("")), homeless).append(camera)
    found: dict[CameraId, GatewayId] = {}
    for camera in homeless:
        emptiest = min(shares, key=lambda gateway: (len(shares[gateway]), gateway))
        shares[emptiest].append(camera)
        found[camera] = emptiest
    return found | _level(shares, set(watched) | found.keys())


def _level(shares: dict[GatewayId, list[CameraId]], stay: Collection[CameraId]) -> dict[CameraId, GatewayId]:
    """Even the shares out; `stay` are not moved."""
    free = {gateway: [camera for camera in share if camera not in stay] for gateway, share in shares.items()}
    sizes = {gateway: len(share) for gateway, share in shares.items()}
    found: dict[CameraId, GatewayId] = {}
    while True:
        givers = [gateway for gateway in sizes if free[gateway]]
        if not givers:
            return found
        fullest = max(givers, key=lambda gateway: (sizes[gateway], gateway))
        emptiest = min(sizes, key=lambda gateway: (sizes[gateway], gateway))
        if sizes[fullest] - sizes[emptiest] <= 1:
            return found
        found[free[fullest].pop()] = emptiest
        sizes[fullest] -= 1
        sizes[emptiest] += 1
