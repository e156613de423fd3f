"""The edge's own settings: the only place of the edge that reads the environment."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class EdgeSettings:
    """`folder` holds keys and state (0700). `page_port` 0 takes a free port; `page_host` "" switches the page off.

    `sealed_only`: open no look whose pictures a gateway could read.
    """

    folder: Path
    page_host: str = "127.0.0.1"
    page_port: int = 8490
    sealed_only: bool = False


def read_settings(folder: str | None = None) -> EdgeSettings:
    """From `CONSENTRY_EDGE_DATA` (default `./edge-data`), `CONSENTRY_EDGE_PAGE` (`host:port`, or `off`) and

    `CONSENTRY_EDGE_SEALED_ONLY` (`1`).
    """
    where = Path(folder or os.environ.get("CONSENTRY_EDGE_DATA", "edge-data"))
    sealed_only = os.environ.get("CONSENTRY_EDGE_SEALED_ONLY") == "1"
    page = os.environ.get("CONSENTRY_EDGE_PAGE", "127.0.0.1:8490")
    if page == "off":
        return EdgeSettings(where, page_host="", sealed_only=sealed_only)
    host, _, port = page.rpartition(":")
    return EdgeSettings(where, page_host=host or "127.0.0.1", page_port=int(port), sealed_only=sealed_only)
