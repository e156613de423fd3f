"""The edge's own settings: the only place of the edge that reads the environment."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EdgeSettings:
    """`folder` holds keys and state (0700). `page_port` 0 takes a free port; `page_host` "" switches the page off.

    `find_on`: the network interfaces on which cameras are looked for when the owner asks; empty: all but loopback.
    """

    folder: Path
    page_host: str = "127.0.0.1"
    page_port: int = 8490
    find_on: tuple[str, ...] = ()


def read_settings(folder: str | None = None) -> EdgeSettings:
    """From `CONSENTRY_EDGE_DATA` (default `./edge-data`), `CONSENTRY_EDGE_PAGE` (`host:port`, or `off`) and
    `CONSENTRY_EDGE_FIND_ON` (names of interfaces, `eth0,wlan0`).
    """
    where = Path(folder or os.environ.get("CONSENTRY_EDGE_DATA", "edge-data"))
    page = os.environ.get("CONSENTRY_EDGE_PAGE", "127.0.0.1:8490")
    find_on = tuple(name for name in os.environ.get("CONSENTRY_EDGE_FIND_ON", "").split(",") if name)
    if page == "off":
        return EdgeSettings(where, page_host="", find_on=find_on)
    host, _, port = page.rpartition(":")
    return EdgeSettings(where, page_host=host or "127.0.0.1", page_port=int(port), find_on=find_on)
