"""Checkpoints: only the log's own, of the right origin, with enough witnesses."""

import pytest

from consentry.kernel.checkpoint import Checkpoint, open_checkpoint, parse_body, sign_checkpoint
from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.note import COSIGNATURE_V1, Signer, sign_note

LOG = Signer.generate("example.com/log")
WITNESSES = [Signer.generate(f"w{number}.example", COSIGNATURE_V1) for number in range(3)]
KNOWN = [witness.verifier for witness in WITNESSES]
HEAD = Checkpoint("example.com/log", 7, bytes(range(32)))


def test_checkpoint_opens_with_the_logs_key() -> None:
    assert open_checkpoint(sign_checkpoint(HEAD, LOG), LOG.verifier) == HEAD


def test_witness_quorum_counts_each_key_once() -> None:
    two = sign_checkpoint(HEAD, LOG, *WITNESSES[:2], time_s=100)
    assert open_checkpoint(two, LOG.verifier, KNOWN, 2).witnessed_at_s(2) == 100
    one_twice = sign_checkpoint(HEAD, LOG, WITNESSES[0], WITNESSES[0], time_s=100)
    with pytest.raises(Untrusted):
        open_checkpoint(one_twice, LOG.verifier, KNOWN, 2)
    same_key = Signer("other.example", COSIGNATURE_V1, WITNESSES[0].private)
    with pytest.raises(Untrusted):
        open_checkpoint(
            sign_checkpoint(HEAD, LOG, WITNESSES[0], same_key), LOG.verifier, [*KNOWN, same_key.verifier], 2
        )


def test_witnessed_time_is_the_oldest_of_the_newest_quorum() -> None:
    lines = [WITNESSES[0].line(HEAD.body, time_s=300), WITNESSES[1].line(HEAD.body, time_s=200)]
    text = sign_checkpoint(HEAD, LOG) + "".join(lines) + WITNESSES[2].line(HEAD.body, time_s=100)
    found = open_checkpoint(text, LOG.verifier, KNOWN, 2)
    assert [found.witnessed_at_s(quorum) for quorum in (1, 2, 3)] == [300, 200, 100]


def test_witnesses_alone_do_not_make_a_checkpoint() -> None:
    with pytest.raises(Untrusted):
        open_checkpoint(sign_checkpoint(HEAD, *WITNESSES), LOG.verifier, KNOWN, 2)


def test_checkpoint_of_another_log_is_refused_even_under_our_key() -> None:
    other = Checkpoint("example.com/other", 7, bytes(32))
    with pytest.raises(Untrusted):
        open_checkpoint(sign_checkpoint(other, LOG), LOG.verifier)


@pytest.mark.parametrize("size", ["07", "-1", "+7", "7 ", "", "9" * 20, "٧"])
def test_a_size_is_plain_decimal(size: str) -> None:
    with pytest.raises(Malformed):
        parse_body(f"example.com/log\n{size}\n{HEAD.body.split(chr(10))[2]}\n")


def test_extension_lines_are_refused_in_our_log() -> None:
    with pytest.raises(Malformed):
        open_checkpoint(sign_note(HEAD.body + "extra\n", LOG), LOG.verifier)
