"""The edge's own settings: the only place of the edge that reads the environment."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from consentry.edge.ring_settings import RingSettings

GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class EdgeSettings:
    """`folder` holds keys and state (0700). `page_port` 0 takes a free port; `page_host` "" switches the page off.

    `ring_folder` None keeps the recording in `folder`/ring; `ring` is how much, until the owner says otherwise.
    `sealed_only`: open no look whose pictures a gateway could read.
    `find_on`: the network interfaces on which cameras are looked for when the owner asks; empty: all but loopback.
    """

    folder: Path
    page_host: str = "127.0.0.1"
    page_port: int = 8490
    ring_folder: Path | None = None
    ring: RingSettings = field(default_factory=RingSettings)
    sealed_only: bool = False
    find_on: tuple[str, ...] = ()

    def where_ring(self) -> Path:
        """The folder of the recording."""
        return self.ring_folder or self.folder / "ring"


def read_settings(folder: str | None = None) -> EdgeSettings:
    """From the environment, each with a default.

    `CONSENTRY_EDGE_DATA` (`./edge-data`), `CONSENTRY_EDGE_PAGE` (`host:port` or `off`), `CONSENTRY_EDGE_RING` (the
    recording's place), `CONSENTRY_EDGE_RING_HOURS` (48; 0 records nothing), `CONSENTRY_EDGE_RING_GB` (unbounded),
    `CONSENTRY_EDGE_SEALED_ONLY` (`1`), `CONSENTRY_EDGE_FIND_ON` (names of interfaces, `eth0,wlan0`).
    """
    where = Path(folder or os.environ.get("CONSENTRY_EDGE_DATA", "edge-data"))
    sealed_only = os.environ.get("CONSENTRY_EDGE_SEALED_ONLY") == "1"
    page = os.environ.get("CONSENTRY_EDGE_PAGE", "127.0.0.1:8490")
    host, _, port = ("", "", "8490") if page == "off" else page.rpartition(":")
    ring_folder = os.environ.get("CONSENTRY_EDGE_RING")
    return EdgeSettings(
        where,
        page_host="" if page == "off" else host or "127.0.0.1",
        page_port=int(port),
        ring_folder=Path(ring_folder) if ring_folder else None,
        ring=_read_ring(),
        sealed_only=sealed_only,
        find_on=tuple(name for name in os.environ.get("CONSENTRY_EDGE_FIND_ON", "").split(",") if name),
    )


def _read_ring() -> RingSettings:
    gigabytes = float(os.environ.get("CONSENTRY_EDGE_RING_GB") or 0)
    hours = int(os.environ.get("CONSENTRY_EDGE_RING_HOURS") or RingSettings.hours)
    return RingSettings(hours=hours, max_bytes=int(gigabytes * GIGABYTE) or None)
