"""The child that speaks SRT: options as one line of JSON on stdin, the payload's bytes on stdout. It reads no media.

It holds one UDP socket and gives up the right to any other, to files and to programs, before the library's threads
start. A passphrase comes on stdin, since a command line can be read by everybody on the machine.

Run as `python -I -m consentry.media.srt_child`; the exit code says what ended it (`EXITS`).
"""

import ctypes
import hmac
import ipaddress
import json
import signal
import socket
import sys

from consentry.kernel.errors import Unavailable
from consentry.media import srt_library
from consentry.media.sandbox import give_up_rights
from consentry.media.srt_library import Srt, SrtError

MAX_MEMORY_BYTES = 512 * 1024 * 1024
MAX_OPTIONS_BYTES = 8_192
# What an exit code means: the kind of fault, and words.
EXITS = {
    3: ("unreachable", "no SRT connection"),
    4: ("unauthorised", "the other side refuses this passphrase"),
    5: ("silent", "the SRT connection ended"),
    6: ("unreachable", "SRT needs libsrt (Debian: apt-get install libsrt1.5-gnutls)"),
}
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Read the options, give up rights, connect or listen, pass on."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    options = json.loads(sys.stdin.buffer.readline(MAX_OPTIONS_BYTES))
    srt = library()
    udp = udp_socket(options)
    give_up_rights(max_memory_bytes=MAX_MEMORY_BYTES, max_cpu_s=None, keep=frozenset({"sendmsg", "sendto"}))
    try:
        srt.start()
        prepare(srt, options)
        srt.use(udp)
        if options["listen"]:
            wanted = options["stream_id"].encode()
            srt.accept(lambda said: not wanted or hmac.compare_digest(said, wanted))
        else:
            srt.connect(options["ip"], options["port"])
    except SrtError as error:
        sys.exit(4 if error.reject in srt_library.REJECTED_BY_SECRET else 3)
    pass_on(srt)


def library() -> Srt:
    """libsrt, loaded while files may still be opened."""
    try:
        return Srt()
    except Unavailable:
        sys.exit(6)


def udp_socket(options: dict[str, object]) -> int:
    """The one socket: bound to the port that is listened on, or to any."""
    ip = str(options["ip"])
    family = socket.AF_INET if ipaddress.ip_address(ip).version == 4 else socket.AF_INET6
    udp = socket.socket(family, socket.SOCK_DGRAM)
    try:
        udp.bind((ip, options["port"]) if options["listen"] else ("", 0))
    except OSError:
        sys.exit(3)
    return udp.detach()


def prepare(srt: Srt, options: dict[str, str]) -> None:
    """Options that both sides need before they meet."""
    srt.set_number(srt_library.LIVE, 0)  # SRTT_LIVE
    srt.set_number(srt_library.LATENCY, int(options["latency_ms"]))
    srt.set_number(srt_library.CONNECT_TIMEOUT, int(options["connect_ms"]))
    if options["passphrase"]:
        srt.set(srt_library.PASSPHRASE, options["passphrase"].encode())
    if options["stream_id"] and not options["listen"]:
        srt.set(srt_library.STREAM_ID, options["stream_id"].encode())


def pass_on(srt: Srt) -> None:
    """What is received goes to stdout until the connection ends."""
    try:
        while True:
            sys.stdout.buffer.write(srt.receive())
            sys.stdout.buffer.flush()
    except (SrtError, BrokenPipeError):
        sys.exit(5)


if __name__ == "__main__":
    main()
