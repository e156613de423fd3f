"""The command inside each bag: `python3 verify.py --trust FILE [BAG]`."""

import argparse
import sys
from pathlib import Path

from consentry.evidence.bag.check.fault import BagFault
from consentry.evidence.bag.check.roots import parse_roots
from consentry.evidence.bag.check.sources import open_source
from consentry.evidence.bag.check.verdict import Verdict, verify_bag
from consentry.kernel.errors import ConsentryError

HOLDS, REFUSED, CALLED_WRONGLY, NOT_ALL_CHECKED = 0, 1, 2, 3


def main(words: list[str] | None = None) -> int:
    """0 the bag holds, log and time-stamps were checked; 3 it holds, but not those; 1 refused; 2 cannot check."""
    parser = argparse.ArgumentParser(description="Check a bag of evidence offline (docs/spec/bag.md).")
    parser.add_argument("bag", nargs="?", type=Path, default=Path(__file__).resolve().parent, help="zip file or folder")
    parser.add_argument("--trust", type=Path, required=True, help="keys that came another way than the bag")
    parser.add_argument("--policy", type=Path, help="the log's file `policy`, if it is not in the trust file")
    arguments = parser.parse_args(words)
    return check_bag(arguments.bag, [path for path in (arguments.trust, arguments.policy) if path])


def check_bag(bag: Path, trust: list[Path]) -> int:
    """Print the verdict on `bag` by the roots in `trust`; the exit status."""
    try:
        roots = parse_roots("\n".join(path.read_text(errors="replace") for path in trust))
        source = open_source(bag)
    except BagFault as fault:
        return refuse(fault)
    except (ConsentryError, OSError) as error:
        sys.stderr.write(f"cannot check: {error}\n")
        return CALLED_WRONGLY
    try:
        return tell(verify_bag(source, roots))
    except BagFault as fault:
        return refuse(fault)
    except OSError as error:
        sys.stderr.write(f"cannot check: {error}\n")
        return CALLED_WRONGLY
    finally:
        source.close()


def tell(verdict: Verdict) -> int:
    """Print what is proved and what is not; the exit status."""
    lines = [f"the bag holds: {verdict.item}, export {verdict.export}", "proved:"]
    lines += [f"  {text}" for text in verdict.proved]
    lines += ["not proved:", *(f"  {text}" for text in (*verdict.unproved, *verdict.never))]
    sys.stdout.write("\n".join(lines) + "\n")
    return HOLDS if verdict.complete else NOT_ALL_CHECKED


def refuse(fault: BagFault) -> int:
    """Print where and why; the exit status."""
    sys.stdout.write(f"REFUSED in layer {fault.layer}: {fault}\n")
    return REFUSED
