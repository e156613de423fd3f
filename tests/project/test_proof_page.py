"""What the browser is given to verify in `ledger.browser` is a look that really is in that log."""

import pytest

from consentry.kernel.checkpoint import open_checkpoint
from consentry.kernel.errors import Untrusted
from consentry.kernel.merkle import verify_inclusion
from consentry.kernel.note import Signer
from consentry.kernel.opening import dump_opening, leaf_of, parse_opening
from consentry.project.story.proof_page import look_in_log


@pytest.mark.parametrize(("entries", "index"), [(1, 0), (1_000, 0), (1_000, 617), (1_000, 999)])
def test_the_look_is_in_the_log_that_the_browser_is_shown(entries: int, index: int) -> None:
    signer = Signer.generate("log.example/consentry")
    look = parse_opening(dump_opening(look_in_log(signer, entries=entries, index=index)))
    head = open_checkpoint(look.checkpoint, signer.verifier)
    assert head.size == entries
    verify_inclusion(leaf_of(look), index, entries, look.proof, head.root)
    with pytest.raises(Untrusted):
        verify_inclusion(leaf_of(look), index + 1, entries, look.proof, head.root)
