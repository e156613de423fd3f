"""The gateway's settings, from the environment; read once at start."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import LEASE_MS, PULL_GRACE_MS


@dataclass(frozen=True)
class Settings:
    """Where things are and how much is taken.

    `origin`: the platform's public address, the only page that may open `/view`. `web_url`: where the web's internal
    endpoints answer. `record_to`: a folder for segments, None for no recording. `pins`: a folder with `log.pub` and
    `ticket.pub`; what the web says must agree with them when they are there. `lease_s`: how long a viewer goes on
    without word from the web; `pull_grace_s`: how long city cameras are read without one. `folder`: where in `data` its
    own identity is; several gateways of one machine have one each. `udp_port`: of WebRTC, the number of `port` by
    default. `rtc_host`: the address at which browsers reach it, empty for the one by which they reached `port`; needed
    behind a proxy or address translation. `rtmp_port`: where cameras may push by RTMP, None for nowhere.
    `srt_ports`: on which a city camera's address may let us listen for SRT, none by default.
    `janus_url`: the WebSocket door of a Janus that may carry looks, empty for none; `janus_secret_file`: two lines, its
    `api_secret` and its streaming plugin's `admin_key`.
    """

    data: Path
    folder: str = "gateway"
    origin: str = "http://localhost:8480"
    web_url: str = "http://localhost:8480"
    host: str = "127.0.0.1"
    port: int = 8481
    max_viewers: int = 1_000
    max_unpresented: int = 200
    present_s: float = 5.0
    lease_s: float = LEASE_MS / 1_000
    pull_grace_s: float = PULL_GRACE_MS / 1_000
    record_to: Path | None = None
    pins: Path | None = None
    udp_port: int = 0
    rtc_host: str = ""
    rtmp_port: int | None = None
    srt_ports: range = range(0)
    janus_url: str = ""
    janus_secret_file: Path | None = None


def read_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Settings from `env` (the process's by default); Malformed names the variable that cannot be read.

    Variables: CONSENTRY_DATA, CONSENTRY_ORIGIN, CONSENTRY_WEB_URL (default: the origin), CONSENTRY_GATEWAY_ORIGIN (its
    port is the default to listen on), CONSENTRY_GATEWAY_HOST, CONSENTRY_GATEWAY_PORT, CONSENTRY_GATEWAY_MAX_VIEWERS,
    CONSENTRY_GATEWAY_RECORD_TO (default: `recordings` beside the identity; empty: no look is kept here),
    CONSENTRY_GATEWAY_UDP_PORT (default: as the port), CONSENTRY_GATEWAY_RTC_HOST,
    CONSENTRY_GATEWAY_RTMP_PORT (default: none), CONSENTRY_GATEWAY_SRT_PORTS (`9000-9019`; default: none),
    CONSENTRY_GATEWAY_JANUS_URL (`ws://…`; default: none), CONSENTRY_GATEWAY_JANUS_SECRET_FILE (needed with it),
    CONSENTRY_GATEWAY_NUMBER (which of this machine's, from 1; its identity is kept in `gateway`, `gateway-2`, …).
    """
    env = os.environ if env is None else env
    data = Path(env.get("CONSENTRY_DATA", "data")).resolve()
    origin = env.get("CONSENTRY_ORIGIN", Settings.origin).rstrip("/")
    said = urlsplit(env.get("CONSENTRY_GATEWAY_ORIGIN", "ws://localhost:8481").split()[0])
    folder = folder_of(_number(env, "CONSENTRY_GATEWAY_NUMBER", 1, most=64))
    record_to = env.get("CONSENTRY_GATEWAY_RECORD_TO", str(data / folder / "recordings"))
    port = _number(env, "CONSENTRY_GATEWAY_PORT", said.port or Settings.port, most=65_535)
    return Settings(
        data=data,
        folder=folder,
        origin=origin,
        web_url=env.get("CONSENTRY_WEB_URL", origin).rstrip("/"),
        host=env.get("CONSENTRY_GATEWAY_HOST", Settings.host),
        port=port,
        max_viewers=_number(env, "CONSENTRY_GATEWAY_MAX_VIEWERS", Settings.max_viewers, most=100_000),
        record_to=Path(record_to) if record_to else None,
        pins=data / "keys",
        udp_port=_number(env, "CONSENTRY_GATEWAY_UDP_PORT", port, most=65_535),
        rtc_host=_address(env.get("CONSENTRY_GATEWAY_RTC_HOST", "")),
        rtmp_port=_number(env, "CONSENTRY_GATEWAY_RTMP_PORT", 0, most=65_535) or None,
        srt_ports=_ports(env.get("CONSENTRY_GATEWAY_SRT_PORTS", "")),
        janus_url=_janus_url(env),
        janus_secret_file=Path(env.get("CONSENTRY_GATEWAY_JANUS_SECRET_FILE", "")),
    )


def _address(text: str) -> str:
    """An IP address, or nothing: browsers take no names here."""
    try:
        return str(ipaddress.ip_address(text)) if text else ""
    except ValueError as error:
        raise Malformed("CONSENTRY_GATEWAY_RTC_HOST is not an IP address") from error


def _janus_url(env: Mapping[str, str]) -> str:
    url = env.get("CONSENTRY_GATEWAY_JANUS_URL", "")
    if not url:
        return ""
    said = urlsplit(url)
    if said.scheme not in ("ws", "wss") or not said.hostname or said.username is not None:
        raise Malformed("CONSENTRY_GATEWAY_JANUS_URL is a ws:// or wss:// address without a password")
    if not env.get("CONSENTRY_GATEWAY_JANUS_SECRET_FILE"):
        raise Malformed("CONSENTRY_GATEWAY_JANUS_URL needs CONSENTRY_GATEWAY_JANUS_SECRET_FILE")
    return url


def folder_of(number: int) -> str:
    """Where the identity of this machine's gateway `number` (from 1) is kept, in its data folder."""
    return "gateway" if number <= 1 else f"gateway-{number}"


def _number(env: Mapping[str, str], name: str, default: int, *, most: int) -> int:
    text = env.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) > most:
        raise Malformed(f"{name} is not a number from 0 to {most}")
    return int(text)


def _ports(text: str) -> range:
    if not text:
        return range(0)
    first, dash, last = text.partition("-")
    ends = (first, last if dash else first)
    if not all(part.isascii() and part.isdigit() and 0 < int(part[:6]) <= 65_535 for part in ends):
        raise Malformed("CONSENTRY_GATEWAY_SRT_PORTS is a port, or two with a dash between")
    return range(int(ends[0]), int(ends[1]) + 1)
