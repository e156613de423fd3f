"""Timestamps against a real authority (`openssl ts`), and everything that an answer can be wrong in."""

import contextlib
import hashlib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.evidence.stamps.authority import POLICY, OpensslTsa, openssl_tsa

from consentry.evidence.stamps.ask import Authority, stamp
from consentry.evidence.stamps.check import Trust, check_stamp, read_trust
from consentry.kernel.errors import Malformed, Unavailable, Untrusted

MANIFEST = b'{"payload":"a manifest"}'
SHA256 = hashlib.sha256(MANIFEST).digest()


@pytest.fixture(scope="module")
def running() -> Iterator[OpensslTsa]:
    with tempfile.TemporaryDirectory(prefix="consentry-tsa-") as name, openssl_tsa(Path(name)) as tsa:
        yield tsa


@pytest.fixture
def tsa(running: OpensslTsa) -> OpensslTsa:
    running.how = "well"
    running.seen.clear()
    return running


@pytest.fixture(scope="module")
def good(running: OpensslTsa) -> bytes:
    running.how = "well"
    return stamp(MANIFEST, Authority(running.url, running.trust()))[0]


def test_a_stamp_says_when_and_who_and_openssl_agrees(tsa: OpensslTsa, tmp_path: Path) -> None:
    reply, said = stamp(MANIFEST, Authority(tsa.url, tsa.trust(policy=POLICY)))
    assert abs(said.at - datetime.now(UTC)) < timedelta(seconds=60)
    assert (said.authority, said.policy) == ("CN=tsa", POLICY)
    assert check_stamp(reply, SHA256, tsa.trust()) == said
    (tmp_path / "reply").write_bytes(reply)
    (tmp_path / "manifest").write_bytes(MANIFEST)
    command = ["openssl", "ts", "-verify", "-in", tmp_path / "reply", "-data", tmp_path / "manifest"]
    subprocess.run([*command, "-CAfile", tsa.folder / "root.pem"], check=True, capture_output=True)


def test_an_authority_learns_the_digest_alone(tsa: OpensslTsa) -> None:
    stamp(MANIFEST, Authority(tsa.url, tsa.trust()))
    assert SHA256 in tsa.seen[0]
    assert len(tsa.seen[0]) < 90


@pytest.mark.parametrize(
    ("how", "error", "word"),
    [
        ("other", Untrusted, "Mismatch between messages"), ("sha3", Untrusted, "another kind of digest"),
            ("refused", Untrusted, "did not grant"),
        ("expired", Untrusted, "does not hold"), ("foreign", Untrusted, "does not hold"),
        ("garbage", Untrusted, "no RFC 3161 reply"), ("huge", Untrusted, "too large"),
        ("empty", Untrusted, "no RFC 3161 reply"), ("down", Unavailable, "503"), ("moved", Unavailable, "302"),
    ],
)  # fmt: skip
def test_a_bad_answer_is_refused(tsa: OpensslTsa, how: str, error: type[Exception], word: str) -> None:
    tsa.how = how
    with pytest.raises(error, match=word):
        stamp(MANIFEST, Authority(tsa.url, tsa.trust()))


def test_the_answer_to_an_earlier_question_is_refused(tsa: OpensslTsa) -> None:
    stamp(MANIFEST, Authority(tsa.url, tsa.trust()))
    tsa.how = "old"
    with pytest.raises(Untrusted, match="Nonce"):
        stamp(MANIFEST, Authority(tsa.url, tsa.trust()))


def test_an_authority_that_drips_is_away_in_time(tsa: OpensslTsa) -> None:
    tsa.how = "drip"
    began_s = time.monotonic()
    with pytest.raises(Unavailable, match="does not answer"):
        stamp(MANIFEST, Authority(tsa.url, tsa.trust(), answer_s=1.0))
    assert time.monotonic() - began_s < 20


def test_nobody_there_is_said_so(tsa: OpensslTsa) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        stamp(MANIFEST, Authority("http://127.0.0.1:1/", tsa.trust()))


def test_a_clock_that_is_far_off_is_noticed(tsa: OpensslTsa) -> None:
    for off in (timedelta(minutes=-10), timedelta(minutes=10)):
        with pytest.raises(Untrusted, match="not ours"):
            stamp(MANIFEST, Authority(tsa.url, tsa.trust()), lambda off=off: datetime.now(UTC) + off)


def test_another_root_policy_or_digest_does_not_hold(tsa: OpensslTsa, good: bytes) -> None:
    for trust, sha256 in (
        (tsa.trust("stranger"), SHA256), (tsa.trust(policy="1.2.3.4"), SHA256), (tsa.trust(), bytes(32)),
        (Trust((tsa.certificate("tsa"),)), SHA256),
    ):  # fmt: skip
        with pytest.raises(Untrusted, match="does not hold"):
            check_stamp(good, sha256, trust)


def test_a_certificate_for_other_uses_stamps_nothing(tsa: OpensslTsa, good: bytes) -> None:
    """The same name, number, key and length, from the same root; only what it is for differs."""
    ours, codes = (tsa.certificate(name).public_bytes(Encoding.DER) for name in ("tsa", "codes"))
    assert len(ours) == len(codes)
    assert good.count(ours) == 1
    with pytest.raises(Untrusted, match="does not hold"):
        check_stamp(good.replace(ours, codes), SHA256, tsa.trust())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7), cut=st.booleans())
def test_no_changed_reply_says_anything_else(tsa: OpensslTsa, good: bytes, at: int, bit: int, cut: bool) -> None:
    at %= len(good)
    changed = good[:at] if cut else good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :]
    before = check_stamp(good, SHA256, tsa.trust())
    with contextlib.suppress(Untrusted):  # and nothing else is raised
        assert check_stamp(changed, SHA256, tsa.trust()) == before


@pytest.mark.parametrize("url", ["", "ftp://a/", "http://", "https://u:p@a/", "a"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Malformed):
        Authority(url, Trust(()))


def test_trust_is_a_file_with_a_root(tsa: OpensslTsa, tmp_path: Path) -> None:
    both = tmp_path / "both"
    both.write_bytes((tsa.folder / "root.pem").read_bytes() + (tsa.folder / "tsa.pem").read_bytes())
    assert [len(part) for part in (read_trust(both).roots, read_trust(both).between)] == [1, 1]
    (tmp_path / "bad").write_text("nothing")
    for path, policy, error in (
        (tmp_path / "none", "", Unavailable), (tmp_path / "bad", "", Malformed),
        (tsa.folder / "tsa.pem", "", Malformed), (both, "no oid", Malformed),
    ):  # fmt: skip
        with pytest.raises(error):
            read_trust(path, policy)
