"""Items: one form of each record, a chain that shows every change, a manifest that only its signer makes."""

import copy
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consentry.kernel.canonical import canonical_json
from consentry.kernel.errors import ConsentryError, Malformed, Untrusted
from consentry.kernel.item import About, check_about, commit_of, make_manifest, parse_about, parse_manifest
from consentry.kernel.item_journal import SegmentLine, read_journal
from consentry.kernel.item_signed import (
    Acknowledgement,
    open_acknowledgement,
    open_manifest,
    sign_acknowledgement,
    sign_manifest,
    sign_payload,
)
from consentry.kernel.merkle import leaf_hash, node_hash
from consentry.kernel.note import COSIGNATURE_V1, Signer, Verifier

VECTOR = json.loads((Path(__file__).resolve().parents[2] / "docs/spec/vectors/item.json").read_text())
SIGNER, VERIFIER = Signer.parse(VECTOR["signer"]), Verifier.parse(VECTOR["verifier"])
ABOUT, JOURNAL, MANIFEST = (VECTOR[name].encode() for name in ("about", "journal", "manifest"))


def test_the_vector_is_made_from_its_beginning_and_journal_alone() -> None:
    lines, closed = read_journal(ABOUT, JOURNAL)
    assert closed is not None
    about = parse_about(ABOUT)
    digest = hashlib.sha256(JOURNAL).hexdigest()
    manifest = make_manifest(about, [line.span for line in lines], closed.closed_ms, digest)
    assert sign_manifest(manifest, SIGNER) == MANIFEST
    opened = open_manifest(MANIFEST, [VERIFIER])
    assert (opened.manifest, opened.payload, opened.signed_by) == (manifest, VECTOR["payload"].encode(), VERIFIER)
    assert commit_of(about.salt, opened.payload_sha256).hex() == VECTOR["commit"]
    first, second, third = (leaf_hash(bytes.fromhex(line.sha256)) for line in lines)
    assert manifest.segments_root == node_hash(node_hash(first, second), third).hex()
    said = Acknowledgement(about.item, 1, lines[1].sha256, lines[2].previous)
    assert sign_acknowledgement(said, SIGNER) == VECTOR["acknowledgement"].encode()
    assert open_acknowledgement(VECTOR["acknowledgement"].encode(), [VERIFIER]) == said


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(["about", "journal", "manifest", "acknowledgement"]), st.data())
def test_no_changed_byte_is_taken(name: str, data: st.DataObject) -> None:
    whole = VECTOR[name].encode()
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    with pytest.raises(ConsentryError):
        open_as(name, changed)


def open_as(name: str, data: bytes) -> None:
    """Read `data` as the record `name`, together with the records that bind it."""
    if name == "about":
        # Another beginning may be a good one; then it is not the one that this journal stands behind.
        parse_about(data)
        read_journal(data, JOURNAL)
    elif name == "journal":
        lines, closed = read_journal(ABOUT, data)
        assert closed is not None
        again = make_manifest(
            parse_about(ABOUT), [line.span for line in lines], closed.closed_ms, hashlib.sha256(data).hexdigest()
        )
        # The last line has none behind it that would name it: its hash stands in the manifest.
        if again.to_bytes() != open_manifest(MANIFEST, [VERIFIER]).payload:
            raise Untrusted("another manifest")
    elif name == "manifest":
        open_manifest(data, [VERIFIER])
    else:
        open_acknowledgement(data, [VERIFIER])


def journal_lines() -> list[bytes]:
    return JOURNAL.splitlines(keepends=True)


@pytest.mark.parametrize(
    "order", [(1, 0, 2, 3), (0, 2, 3), (0, 0, 1, 2, 3), (0, 1, 3, 2), (0, 1, 2, 3, 3), (1, 2, 3), (0, 1, 3)]
)
def test_lines_swapped_dropped_or_twice_break_the_chain(order: tuple[int, ...]) -> None:
    lines = journal_lines()
    with pytest.raises(Untrusted, match="journal"):
        read_journal(ABOUT, b"".join(lines[at] for at in order))


def test_a_line_cut_off_or_a_journal_without_end_is_told_apart() -> None:
    assert read_journal(ABOUT, b"".join(journal_lines()[:2]))[1] is None
    assert read_journal(ABOUT, b"") == ([], None)
    with pytest.raises(Malformed):
        read_journal(ABOUT, JOURNAL[:-1])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("v", 2), ("item", "../../etc/passwd"), ("item", "cam_aaaaaaaaaaaaaaaaaaaaaaaaaa"), ("agency", ""),
        ("kind", "gossip"), ("kind", ["look"]), ("source", {"camera": {}}), ("source", {"on": True}), ("source", []),
        ("retention_class", "../x"), ("retention_class", "hold-90d"), ("retention_class", 3), ("began_ms", -1),
        ("began_ms", True), ("began_ms", 1 << 53), ("salt", "AAAA"), ("derivation", {"blur": 1}), ("original", "itm_x"),
        ("original", "itm_aaaaaaaaaaaaaaaaaaaaaaaaaa"), ("more", 1), ("derivation", []), ("began_ms", 1.5),
    ],
)  # fmt: skip
def test_a_beginning_that_makes_no_sense_is_malformed(name: str, value: Any) -> None:
    said = json.loads(ABOUT)
    said[name] = value
    with pytest.raises(Malformed):
        parse_about(json.dumps(said, sort_keys=True, separators=(",", ":")).encode())


def test_a_derivative_names_its_original() -> None:
    about = parse_about(ABOUT)
    with pytest.raises(Malformed):
        check_about(replace(about, kind="derivative"))
    check_about(replace(about, kind="derivative", original=about.item, derivation={"regions": [{"x_px": 3}]}))
    with pytest.raises(Malformed):
        check_about(replace(about, kind="derivative", original=about.item, derivation={"note": "x" * 300_000}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", -1), ("number", 20_000), ("segment", "a" * 31), ("start_us", 1 << 52), ("media_type", "video"),
        ("media_type", "Video/MP4"), ("size_bytes", True), ("sha256", "A" * 64), ("sealed_sha256", ""), ("origin", []),
        ("previous", "x"), ("sealed_bytes", None), ("more", 1),
    ],
)  # fmt: skip
def test_a_line_that_makes_no_sense_is_damage(name: str, value: Any) -> None:
    said = json.loads(journal_lines()[0])
    said[name] = value
    with pytest.raises(Untrusted, match=r"damaged|broken"):
        read_journal(ABOUT, canonical_json(said) + b"\n")


def test_another_key_a_foreign_envelope_and_a_false_manifest_are_refused() -> None:
    other = Signer.generate("vault.example/vault")
    with pytest.raises(Untrusted, match="no key that we trust"):
        open_manifest(MANIFEST, [other.verifier])
    with pytest.raises(Untrusted):
        open_acknowledgement(VECTOR["acknowledgement"].encode(), [other.verifier])
    with pytest.raises(Untrusted):
        open_manifest(MANIFEST, [Verifier(VERIFIER.name, COSIGNATURE_V1, VERIFIER.public)])
    envelope = json.loads(MANIFEST)
    for name, value in (("payloadType", "text/plain"), ("signatures", []), ("signatures", [3]), ("payload", 3)):
        with pytest.raises(Malformed):
            open_manifest(canonical_json({**envelope, name: value}), [VERIFIER])
    twice = {**envelope, "signatures": [*envelope["signatures"], {"keyid": "00000000", "sig": "AAAA"}]}
    assert open_manifest(canonical_json(twice), [VERIFIER]).signed_by == VERIFIER


@pytest.mark.parametrize(
    "change",
    [
        {"segments_root": "0" * 64}, {"closed_ms": -1}, {"v": 2}, {"salt": "AAAA"}, {"segments": [{}]}, {"segments": 3},
        {"more": 1}, {"item": "itm_"}, {"journal_sha256": 7.5}, {"journal_sha256": ""},
    ],
)  # fmt: skip
def test_a_manifest_that_our_own_key_signed_must_still_make_sense(change: dict[str, Any]) -> None:
    said = {**json.loads(VECTOR["payload"]), **change}
    with pytest.raises(Malformed):
        open_manifest(
            sign_payload(json.dumps(said, sort_keys=True, separators=(",", ":")).encode(), SIGNER), [VERIFIER]
        )


def test_segments_out_of_order_and_payloads_in_another_form_are_malformed() -> None:
    said = json.loads(VECTOR["payload"])
    swapped = copy.deepcopy(said)
    swapped["segments"].reverse()
    for payload in (canonical_json(swapped), json.dumps(said).encode(), VECTOR["payload"].encode() + b" "):
        with pytest.raises(Malformed):
            parse_manifest(payload)


def test_the_salt_is_in_no_text_that_a_log_could_show() -> None:
    about = parse_about(ABOUT)
    assert "salt" not in repr(about)
    assert isinstance(about, About)
    line = read_journal(ABOUT, JOURNAL)[0][0]
    assert isinstance(line, SegmentLine)
    assert line.to_bytes() == journal_lines()[0]
