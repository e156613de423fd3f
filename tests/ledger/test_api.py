"""The static files over HTTP, and proof files."""

from pathlib import Path

import pytest
from django.test import Client, override_settings

from consentry.kernel.errors import Malformed, Untrusted
from consentry.kernel.note import Verifier
from consentry.kernel.proof import dump_proof, parse_proof, verify_proof
from consentry.ledger import queries, services
from consentry.ledger.sequencer.loop import Sequencer
from consentry.project.cli import main

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("ledger_urls")]


@pytest.fixture
def ledger_urls() -> object:
    """Only this room's addresses."""
    with override_settings(ROOT_URLCONF="consentry.ledger.api", ALLOWED_HOSTS=["*"], MIDDLEWARE=[]):
        yield


@pytest.fixture
def log(sequencer: Sequencer, data: Path) -> Path:
    """A log of 41 entries, published."""
    for number in range(40):
        services.append("call.receive", {"commit": f"c{number}", "feed": "f"}, key=f"call:{number}")
    sequencer.integrate()
    sequencer.cosigning.round()
    return data


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint.latest", "tile/0/000.p/41", "tile/entries/000.p/41"])
def test_files_of_the_log_are_public_with_their_type(log: Path, client: Client, name: str) -> None:
    response = client.get(f"/ledger/{name}")
    assert response.status_code == 200
    assert b"".join(response.streaming_content) == (log / "ledger" / name).read_bytes()
    is_head = name.startswith("checkpoint")
    assert response["Content-Type"] == ("text/plain; charset=utf-8" if is_head else "application/octet-stream")
    assert ("no-cache" in response["Cache-Control"]) == is_head
    assert response["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "name",
    [
        "", "tile", "tile/0", "tile/0/000", "tile/0/000.p", "tile/0/000.p/40", "tile/64/000", "tile/0/../0/000",
        ".lock", "../keys/log.key", "%2e%2e/keys/log.key",
        "tile/0/..%2f..%2f..%2fkeys/log.key", "/etc/passwd", "tile/0/000\n",
        "tile/0/0000", "tile/0/000.p/0", "checkpoint/x",
    ],
)  # fmt: skip
def test_nothing_else_is_served(log: Path, client: Client, name: str) -> None:
    assert client.get(f"/ledger/{name}").status_code == 404


def test_files_are_read_only(log: Path, client: Client) -> None:
    assert client.post("/ledger/checkpoint").status_code == 405
    assert client.head("/ledger/checkpoint").status_code == 200


def test_a_proof_file_proves_its_entry_with_public_keys_only(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "look.tlog-proof"
    file.write_text(queries.prove_in_file(7, extra=queries.read_entry(7)))
    assert file.read_text().startswith("c2sp.org/tlog-proof@v1\nextra ")
    assert main(["verify", "proof", str(file), "--log-vkey", queries.log_vkey()]) == 0
    assert '"commit":"c6"' in capsys.readouterr().out
    assert main(["verify", "proof", str(file), "--log-vkey", str(log / "keys" / "log.pub")]) == 0
    file.write_text(file.read_text().replace("index 7", "index 8"))
    assert main(["verify", "proof", str(file), "--log-vkey", queries.log_vkey()]) == 1
    assert main(["verify", "proof", str(tmp_path / "none"), "--log-vkey", queries.log_vkey()]) == 1


def test_a_proof_of_another_entry_does_not_hold(log: Path) -> None:
    key = Verifier.parse(queries.log_vkey())
    text = dump_proof(queries.prove(7), extra=queries.read_entry(8))
    with pytest.raises(Untrusted):
        verify_proof(text, key)
    bare = dump_proof(queries.prove(7))
    assert verify_proof(bare, key, entry=queries.read_entry(7))[1].size == 41
    with pytest.raises(Malformed):
        verify_proof(bare, key)
    assert parse_proof(text)[0] == queries.prove(7)


@pytest.mark.parametrize(
    "text",
    [
        "", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\n\n", "c2sp.org/tlog-proof@v2\nindex 1\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 01\n\nx", "c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\nx",
        "c2sp.org/tlog-proof@v1\nextra ?\nindex 1\n\nx", "c2sp.org/tlog-proof@v1\nextra AAAA\n\nx",
    ],
)  # fmt: skip
def test_what_is_no_proof_file_is_malformed(text: str, transactional_db: None) -> None:
    with pytest.raises(Malformed):
        parse_proof(text)
