"""Checks one bag and says what it took, as JSON: `cpu_s` of processor time, `grown_mb` (10^6 bytes) of memory."""

import json
import sys
import time
from pathlib import Path

from consentry.evidence.bag.check.roots import parse_roots
from consentry.evidence.bag.check.sources import open_source
from consentry.evidence.bag.check.verdict import verify_bag


def main() -> None:
    """The bag and the trust file are the arguments."""
    roots = parse_roots(Path(sys.argv[2]).read_text())
    before_kb, began_s = _memory_kb("VmRSS"), time.process_time()
    source = open_source(Path(sys.argv[1]))
    verify_bag(source, roots)
    source.close()
    said = {"cpu_s": time.process_time() - began_s, "grown_mb": (_memory_kb("VmHWM") - before_kb) * 1_024 / 1e6}
    sys.stdout.write(json.dumps(said) + "\n")


def _memory_kb(name: str) -> int:
    """`VmRSS` now, `VmHWM` at most, of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
