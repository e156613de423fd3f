"""Audit a whole log from its static files, as anyone can: every hash, every tile, every entry, every reveal.

Layers, in the order in which they are checked: `checkpoint` (signatures, quorum), `entries` (bundles), `tiles` (each
stored hash), `tree` (root), then what the entries say: `schema` (kinds and fields as the log itself declares them),
`reveal` (opens its commit, in time, once). A broken lower layer raises Untrusted with kind `ledger-<layer>`; what is
wrong in the entries' story is collected as findings. Memory: one tile per level, one number per commit still open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from consentry.kernel.checkpoint import Checkpoint, open_checkpoint
from consentry.kernel.clock import to_ms, utc_now
from consentry.kernel.errors import ConsentryError, Untrusted
from consentry.kernel.note import Verifier
from consentry.ledger.audit.story import Finding, Story
from consentry.ledger.audit.tree import TreeCheck
from consentry.ledger.source import source_of


@dataclass(frozen=True)
class Audit:
    """What an audit found. `waiting`: commits younger than 30 days; `sealed`: under a court's seal with a date.

    `found`: how many findings there are, of which `findings` holds the first 1,000.
    """

    head: Checkpoint
    commits: int
    reveals: int
    waiting: int
    sealed: int
    found: int
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Nothing is wrong."""
        return self.found == 0


def audit_log(
    place: str,
    log: Verifier | Sequence[Verifier],
    witnesses: tuple[Verifier, ...] = (),
    quorum: int = 0,
    now: datetime | None = None,
) -> Audit:
    """Re-derive the log at `place` (address or folder) up to its `checkpoint`.

    Untrusted (kind `ledger-<layer>`) when signature, bundle, tile or root do not hold; see `Audit` for the rest.
    """
    fetch = source_of(place)
    try:
        head = open_checkpoint(fetch("checkpoint").decode(), log, witnesses, quorum)
    except (ConsentryError, UnicodeError) as error:
        raise Untrusted(str(error), kind="ledger-checkpoint") from error
    story, tree = Story(), TreeCheck(fetch, head.size)
    for first, entries in tree.bundles():
        story.read(first, entries)
    if tree.root() != head.root:
        raise Untrusted("the entries do not lead to the signed root", kind="ledger-tree")
    waiting, sealed = story.close(to_ms(now or utc_now()))
    return Audit(head, story.commits, story.reveals, waiting, sealed, story.found, tuple(story.findings))
