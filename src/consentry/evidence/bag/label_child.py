"""The child that puts a C2PA label into a copy for players: it knows the label's key and reads only what we made.

Run as `python -I -m consentry.evidence.bag.label_child IN OUT`, two file descriptors; on stdin JSON: `manifest` (what
the label says), `chain`, `key` (PEM). It has no network, so no time-stamp of its own: the bag's is the one that counts.
"""

import ctypes
import io
import json
import os
import signal
import sys
from typing import Any

import c2pa

from consentry.kernel.limits import MAX_PLAYER_BYTES, PLAYER_BYTES_PER_CPU_S
from consentry.media.sandbox import give_up_rights

_PR_SET_PDEATHSIG = 1
_MEMORY_BYTES = 2 << 30


def main() -> None:
    """Label what the arguments and stdin name."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    said = json.loads(sys.stdin.buffer.read())
    source, target = os.fdopen(int(sys.argv[1]), "rb"), os.fdopen(int(sys.argv[2]), "w+b")
    size = os.fstat(source.fileno()).st_size
    give_up_rights(
        max_memory_bytes=_MEMORY_BYTES,
        max_cpu_s=20 + 4 * size // PLAYER_BYTES_PER_CPU_S,
        max_file_bytes=min(2 * size, MAX_PLAYER_BYTES) + (1 << 20),
    )
    try:
        write_label(said, source, target)
        target.flush()
    except (c2pa.C2paError, OSError, MemoryError) as error:
        sys.stdout.write(f"{str(error)[:200]}\n")
        sys.stdout.flush()
        os._exit(1)


def write_label(said: dict[str, Any], source: io.BufferedIOBase, target: io.BufferedIOBase) -> None:
    """Copy `source` (MP4) to `target` with the label."""
    info = c2pa.C2paSignerInfo(
        alg=b"es256", sign_cert=said["chain"].encode(), private_key=said["key"].encode(), ta_url=None
    )
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(json.dumps(said["manifest"])) as builder:
        builder.sign(signer, "video/mp4", source, target)


if __name__ == "__main__":
    main()
