"""Officers' files: resumed from any byte, compared by hash, scanned by a real program and socket, then sealed."""

import errno
import hashlib
import os
import socket
import stat
import struct
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from tests.access.stage import make_stage
from tests.evidence.stage import acts, give_vault_key, integrate, work

from consentry.core.principal import Principal
from consentry.evidence import models, services
from consentry.evidence.scan import CLEAN, INFECTED, UNKNOWN, scan_file
from consentry.evidence.services import uploads
from consentry.evidence.services.uploads import NewUpload
from consentry.evidence.vault.vault import Vault
from consentry.evidence.vault_door import open_vault
from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.item_signed import open_acknowledgement
from consentry.kernel.limits import MAX_UPLOADS_PER_PERSON, UPLOAD_LIFE_H

pytestmark = pytest.mark.django_db
# The standard test file of virus scanners, in two pieces so that no scanner takes this file for it.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SCANNER = """#!/bin/sh
if grep -q 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE' "$1"; then echo "$1: Eicar-Signature FOUND"; exit 1; fi
echo "$1: OK"
"""


@pytest.fixture
def scanner(tmp_path: Path) -> str:
    """A program that does for the test file what a scanner does."""
    path = tmp_path / "scanner"
    path.write_text(SCANNER)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return f"exec:{path}"


@pytest.fixture
def analyst() -> Principal:
    give_vault_key()
    return make_stage(Path(), homes=0).analyst


def new(body: bytes, **changes: Any) -> NewUpload:
    said = {"agency": "", "name": "IMG 1.mov", "media_type": "video/quicktime", "size_bytes": len(body),
            "sha256": hashlib.sha256(body).hexdigest(), "device": "Phone", "taken_at": utc_now()}  # fmt: skip
    return NewUpload(**{**said, **changes})


def sent(who: Principal, body: bytes) -> models.Upload:
    """All of a file, in two parts, finished."""
    row = services.begin_upload(who, new(body), now=utc_now())
    half = len(body) // 2
    assert services.take_part(who, row.id, 0, [body[:half]]) == half
    assert services.take_part(who, row.id, half, [body[half:]]) == len(body)
    return services.finish_upload(who, row.id, hashlib.sha256(body).hexdigest())


def test_a_file_is_resumed_compared_scanned_sealed_and_acknowledged(
    analyst: Principal, scanner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SCANNER", scanner)
    body = os.urandom(300_000)
    row = services.begin_upload(analyst, new(body), now=utc_now())
    services.take_part(analyst, row.id, 0, [body[:100_000]])
    with pytest.raises(Conflict) as elsewhere:
        services.take_part(analyst, row.id, 50_000, [body[50_000:]])
    assert elsewhere.value.kind == "upload-offset"

    def broken() -> Iterator[bytes]:
        yield body[100_000:150_000]
        raise OSError("the line went")

    with pytest.raises(OSError, match="the line went"):
        services.take_part(analyst, row.id, 100_000, broken())
    assert services.access_upload(analyst, row.id).offset == 100_000, "what was not acknowledged is sent again"
    with pytest.raises(Malformed):
        services.take_part(analyst, row.id, 100_000, [body[100_000:], b"more"])
    with pytest.raises(Conflict):
        services.finish_upload(analyst, row.id, row.sha256)
    services.take_part(analyst, row.id, 100_000, [body[100_000:]])
    with pytest.raises(Untrusted):
        services.finish_upload(analyst, row.id, "0" * 64)
    assert services.finish_upload(analyst, row.id, row.sha256).state == "hashing"
    assert services.advance_uploads(utc_now()) == 1
    row.refresh_from_db()
    assert row.state == "sealed"
    acknowledged = open_acknowledgement(row.acknowledgement.encode(), [give_vault_key()])
    assert acknowledged.sha256 == row.sha256, "it speaks of the sender's own hash"
    integrate()
    work()
    item = models.Item.objects.get()
    assert (item.state, item.kind, item.name, item.keep_reason) == ("sealed", "upload", "IMG 1.mov", "upload")
    assert b"".join(open_vault().open_segment(ItemId(item.id), 0)) == body
    assert acts(item.id) == ["began", "scanned", "closed", "sealed"]


def test_a_vault_that_is_full_keeps_no_half_file_with_a_key_and_the_next_try_seals(
    analyst: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, row = set(open_vault().items()), sent(analyst, os.urandom(1_000))

    def full(*_: object) -> bytes:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as fault:
        fault.setattr(Vault, "take_segment", full)
        assert services.advance_uploads(utc_now()) == 0
    (vain,) = set(open_vault().items()) - before
    assert open_vault().keys.is_shredded(vain)
    assert not models.Item.objects.exists()
    assert services.advance_uploads(utc_now()) == 1
    row.refresh_from_db()
    assert row.state == "sealed"


def test_an_infected_file_and_a_dead_scanner_seal_nothing_and_say_so(
    analyst: Principal, scanner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SCANNER", scanner)
    bad = sent(analyst, b"MZ" + EICAR)
    monkeypatch.setattr(settings, "SCANNER", scanner + ".gone")
    waiting = sent(analyst, os.urandom(1_000))
    services.advance_uploads(utc_now())
    for row in (bad, waiting):
        row.refresh_from_db()
        assert row.state == "unscanned", "without its scanner nothing passes"
    monkeypatch.setattr(settings, "SCANNER", scanner)
    assert services.advance_uploads(utc_now()) == 1
    bad.refresh_from_db()
    assert (bad.state, bad.item_id) == ("infected", None)
    assert "FOUND" in bad.said
    waiting.refresh_from_db()
    assert waiting.state == "sealed"
    assert models.Item.objects.count() == 1


def test_files_are_bounded_belong_to_who_sends_them_and_go_when_nobody_finishes_them(analyst: Principal) -> None:
    other = make_stage(Path(), homes=0).analyst
    row = services.begin_upload(analyst, new(b"x" * 10), now=utc_now())
    with pytest.raises(NotFound):
        services.access_upload(other, row.id)
    with pytest.raises(NotFound):
        services.begin_upload(other, new(b"x", agency=row.agency), now=utc_now())
    for _ in range(MAX_UPLOADS_PER_PERSON - 1):
        services.begin_upload(analyst, new(b"x" * 10), now=utc_now())
    with pytest.raises(LimitReached):
        services.begin_upload(analyst, new(b"x"), now=utc_now())
    services.advance_uploads(utc_now() + timedelta(hours=UPLOAD_LIFE_H + 1))
    assert set(models.Upload.objects.values_list("state", flat=True)) == {"gone"}
    services.begin_upload(analyst, new(b"x"), now=utc_now())


def clamd(path: Path, answer: bytes) -> threading.Thread:
    """One answer of clamd's `INSTREAM`; it reads all that is sent, as the real one does."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen(1)

    def serve() -> None:
        line, _ = listening.accept()
        with listening, line, line.makefile("rb") as said:
            assert said.read(10) == b"zINSTREAM\0"
            while size := struct.unpack(">I", said.read(4))[0]:
                said.read(size)
            line.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b"stream: OK\0", CLEAN), (b"stream: Eicar-Test-Signature FOUND\0", INFECTED), (b"", UNKNOWN),
        (b"INSTREAM size limit exceeded. ERROR\0", UNKNOWN), (b"stream: OK FOUND ERROR\0", UNKNOWN),
    ],
    ids=["clean", "infected", "silent", "too large", "odd"],
)  # fmt: skip
def test_what_clamd_says_by_its_socket(tmp_path: Path, answer: bytes, word: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(EICAR * 100)
    thread = clamd(tmp_path / "clamd", answer)
    assert scan_file(file, f"clamd:{tmp_path / 'clamd'}").word == word
    thread.join(5)


@pytest.mark.parametrize("setting", ["clamd:/nowhere", "exec:/nowhere", "exec:/bin/false", "odd", "exec:", "http://x"])
def test_a_scanner_that_is_not_there_passes_nothing(tmp_path: Path, setting: str) -> None:
    (tmp_path / "file").write_bytes(b"x")
    said = scan_file(tmp_path / "file", setting).word
    assert said == (INFECTED if setting == "exec:/bin/false" else UNKNOWN)
    assert scan_file(tmp_path / "file", "").word == CLEAN


def test_other_bytes_than_were_announced_are_received_anew(analyst: Principal) -> None:
    body = os.urandom(3_000)
    row = sent(analyst, body)
    path = Path(settings.DATA) / "vault-incoming" / row.id
    path.write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    assert services.advance_uploads(utc_now()) == 0
    row.refresh_from_db()
    assert (row.state, row.offset, row.hashed, bool(row.said)) == ("receiving", 0, 0, True)
    assert services.take_part(analyst, row.id, 0, [body]) == len(body)
    services.finish_upload(analyst, row.id, row.sha256)
    assert services.advance_uploads(utc_now()) == 1
    row.refresh_from_db()
    assert (row.state, row.hashed) == ("sealed", len(body))


def test_a_file_can_be_thrown_away_while_it_is_compared(analyst: Principal, monkeypatch: pytest.MonkeyPatch) -> None:
    row = sent(analyst, os.urandom(3_000))
    real = uploads._hash_of

    def thrown_away(*words: Any) -> str:
        services.drop_upload(analyst, row.id)
        return real(*words)

    monkeypatch.setattr(uploads, "_hash_of", thrown_away)
    assert services.advance_uploads(utc_now()) == 0
    row.refresh_from_db()
    assert row.state == "gone"
