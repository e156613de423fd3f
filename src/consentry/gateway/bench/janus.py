"""Debian's Janus with one RTP mountpoint, fed by `ffmpeg` from the source that we measure ourselves with."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from consentry.kernel.errors import Unavailable
from consentry.media.bench_rig import running, wait_for

MOUNTPOINT = 1
_MOUNT = """c: {{
  type = "rtp"
  id = {id}
  media = ({{ type = "video", mid = "v", port = {rtp}, pt = 96, codec = "h264",
    fmtp = "profile-level-id=64001f;packetization-mode=1" }})
}}
"""
_HTTP = 'general: {{ http = true\n port = {port}\n json = "plain"\n ip = "127.0.0.1" }}\n'
_SOCKETS = 'general: {{ ws = true\n ws_port = {port}\n ws_ip = "127.0.0.1"\n json = "plain" }}\n'
_MAIN = """general: {{
  configs_folder = "{folder}"
  debug_level = 1
{more}}}
nat: {{ ice_ignore_list = "vmnet" }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
"""
_OTHER_PLUGINS = (
    "audiobridge", "duktape", "echotest", "lua", "nosip", "recordplay", "sip", "textroom", "videocall", "videoroom",
)  # fmt: skip
_OTHER_TRANSPORTS = ("mqtt", "nanomsg", "pfunix", "rabbitmq")


@contextmanager
def janus(url: str) -> Iterator[tuple[int, int]]:
    """Janus that shows the stream at `url`: its process id and the port of its HTTP door. Unavailable without it."""
    rtp = _free_port(socket.SOCK_DGRAM)
    feed = ["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-an", "-c", "copy",
            "-bsf:v", "dump_extra", "-payload_type", "96", "-f", "rtp",
            f"rtp://127.0.0.1:{rtp}?pkt_size=1172"]  # fmt: skip
    with bare_janus(_MOUNT.format(id=MOUNTPOINT, rtp=rtp)) as (pid, port), running(feed):
        yield pid, port


@contextmanager
def bare_janus(mounts: str = "", *, sockets: bool = False, secret: str = "") -> Iterator[tuple[int, int]]:
    """Janus alone, on loopback: process id and port of its HTTP door, or of its WebSocket one (`sockets`). `mounts`:
    the streaming plugin's settings; `secret`: of its API. Unavailable without it."""
    if shutil.which("janus") is None:
        raise Unavailable("the yardstick needs Janus (Debian: apt-get install janus)")
    port = _free_port(socket.SOCK_STREAM)
    with tempfile.TemporaryDirectory(prefix="consentry-janus-") as name:
        folder, off = Path(name), "http" if sockets else "websockets"
        plugins = ",".join(f"libjanus_{one}.so" for one in _OTHER_PLUGINS)
        transports = ",".join(f"libjanus_{one}.so" for one in (*_OTHER_TRANSPORTS, off))
        more = f'  api_secret = "{secret}"\n' if secret else ""
        main = _MAIN.format(folder=folder, plugins=plugins, transports=transports, more=more)
        (folder / "janus.jcfg").write_text(main)
        door, words = ("websockets", _SOCKETS) if sockets else ("http", _HTTP)
        (folder / f"janus.transport.{door}.jcfg").write_text(words.format(port=port))
        (folder / "janus.plugin.streaming.jcfg").write_text(mounts)
        with running(["janus", "-F", name]) as process:
            wait_for(lambda: _answers(port))
            yield process.pid, port


def _free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
