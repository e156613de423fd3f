"""Signed notes against published vectors, and everything that must not open."""

import json
from pathlib import Path

import pytest

from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.note import COSIGNATURE_V1, Signer, Verifier, open_note, sign_note

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "data" / "notes" / "signed-note-vectors.json"
TEXT = "example.com/log\n5\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n"


def published() -> list[dict[str, str]]:
    return list(json.loads(VECTORS.read_text())["notes"]) if VECTORS.is_file() else []


@pytest.mark.skipif(not VECTORS.is_file(), reason="the shared vectors are not here")
@pytest.mark.parametrize("case", published(), ids=lambda case: case["vkey"].partition("+")[0])
def test_published_notes_open_and_keys_round_trip(case: dict[str, str]) -> None:
    verifier = Verifier.parse(case["vkey"])
    assert verifier.vkey == case["vkey"]
    assert open_note(case["note"], [verifier]).names == (verifier.name,)
    with pytest.raises(Untrusted):
        open_note(case["note"].replace("e", "3", 1), [verifier])
    if "skey" in case:
        signer = Signer.parse(case["skey"])
        assert signer.skey == case["skey"]
        assert sign_note(case["note"].rpartition("\n\n")[0] + "\n", signer) == case["note"]


def test_cosignature_carries_its_time_and_signs_it() -> None:
    log, witness = Signer.generate("example.com/log"), Signer.generate("w.example", COSIGNATURE_V1)
    note = sign_note(TEXT, log, witness, time_s=1_700_000_000)
    opened = open_note(note, [log.verifier, witness.verifier])
    assert [item.time_s for item in opened.signed] == [None, 1_700_000_000]
    body, line = note.split("\n\n")[0] + "\n", witness.line(TEXT, time_s=1_700_000_000)
    later = witness.line(TEXT, time_s=1_700_000_001)
    assert line != later
    forged = bytearray(line.encode())
    forged[-60] ^= 1
    with pytest.raises((Untrusted, Malformed)):
        open_note(body + "\n" + forged.decode(), [witness.verifier])


def test_signature_of_unknown_keys_is_ignored_but_one_known_must_hold() -> None:
    known, stranger = Signer.generate("known"), Signer.generate("stranger")
    assert open_note(sign_note(TEXT, stranger, known), [known.verifier]).names == ("known",)
    with pytest.raises(Untrusted):
        open_note(sign_note(TEXT, stranger), [known.verifier])
    wrong = sign_note(TEXT, known).replace("5\n", "6\n", 1) + stranger.line(TEXT)
    with pytest.raises(Untrusted):
        open_note(wrong, [known.verifier, stranger.verifier])


def test_a_key_of_the_same_name_but_other_bytes_is_not_trusted() -> None:
    real, thief = Signer.generate("log"), Signer.generate("log")
    with pytest.raises(Untrusted):
        open_note(sign_note(TEXT, thief), [real.verifier])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "x",
        "x\n\n",
        "x\n\n— \n",
        "x\n\n— a b\n",
        "x\n\n— a AAAA\n",
        "x\n\nno dash\n",
        "a\tb\n\n— a AAAAAAA=\n",
    ],
)
def test_what_is_no_note_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        open_note(text, [Signer.generate("a").verifier])


@pytest.mark.parametrize("vkey", ["", "a", "a+b", "a+00000000+AAAA", "a b+00000000+AQ=="])
def test_what_is_no_key_is_malformed(vkey: str) -> None:
    with pytest.raises(Malformed):
        Verifier.parse(vkey)


def test_the_hash_inside_a_key_is_checked() -> None:
    name, key_hash, body = Signer.generate("a").verifier.vkey.split("+", 2)
    with pytest.raises(Malformed):
        Verifier.parse(f"{name}+{int(key_hash, 16) ^ 1:08x}+{body}")


def test_a_private_key_never_shows_in_its_representation() -> None:
    signer = Signer.generate("a")
    assert signer.skey.split("+", 4)[4] not in repr(signer)
