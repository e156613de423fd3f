"""What a measured process is told and what it tells."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """What to do: addresses to pull, a folder to record to, viewers let in, TLS."""

    urls: list[str]
    record_to: str = ""
    serve: bool = False
    certificate: str = ""


@dataclass(frozen=True)
class Mark:
    """What happened since the last mark: pictures taken and lost, delays from the camera's clock to the hub in ms."""

    cpu_s: float
    seconds: float
    pictures: int
    lost: int
    p95_ms: float
    p99_ms: float
    viewers: int
