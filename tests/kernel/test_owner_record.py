"""What owners sign, by device key and passkey, against docs/spec/vectors/owner-record.json."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from consentry.kernel.canonical import from_b64
from consentry.kernel.errors import ConsentryError, Malformed
from consentry.kernel.owner_record import (
    FIELDS,
    OwnerKey,
    open_owner_record,
    owner_message,
    owner_record,
    public_point,
    sign_as_device,
)

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "docs/spec/vectors/owner-record.json").read_text()
)
POINT = from_b64(VECTORS["public_key"])


def test_the_message_is_the_context_and_canonical_json() -> None:
    assert owner_message(VECTORS["record"]).decode() == VECTORS["message"]


@pytest.mark.parametrize("vector", VECTORS["valid"], ids=[vector["name"] for vector in VECTORS["valid"]])
def test_a_valid_signature_opens_the_record(vector: dict[str, str]) -> None:
    key = OwnerKey(POINT, vector["rp_id"])
    assert open_owner_record(vector["signed"], key, kind="camera.resume") == VECTORS["record"]


@pytest.mark.parametrize("vector", VECTORS["invalid"], ids=[vector["name"] for vector in VECTORS["invalid"]])
def test_an_invalid_signature_is_refused_with_its_kind(vector: dict[str, str]) -> None:
    with pytest.raises(ConsentryError) as caught:
        open_owner_record(vector["signed"], OwnerKey(POINT, vector["rp_id"]), kind="camera.resume")
    assert caught.value.kind == vector["kind"]


@pytest.mark.parametrize("kind", sorted(FIELDS))
def test_a_record_of_each_kind_opens_as_that_kind_only(kind: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    fields: dict[str, str | int] = {name: 15 if name == "minutes" else "some text" for name in FIELDS[kind]}
    signed = sign_as_device(owner_record(kind, t_ms=1, **fields), key)
    assert open_owner_record(signed, OwnerKey(public_point(key)), kind=kind)["kind"] == kind
    for other in set(FIELDS) - {kind}:
        with pytest.raises(Malformed):
            open_owner_record(signed, OwnerKey(public_point(key)), kind=other)


@pytest.mark.parametrize("fields", [
    {}, {"camera": ""}, {"camera": "x" * 201}, {"camera": 7}, {"camera": "cam", "more": "x"},
])  # fmt: skip
def test_a_record_with_other_fields_is_not_made(fields: dict[str, str | int]) -> None:
    with pytest.raises(Malformed):
        owner_record("camera.resume", t_ms=1, **fields)


@pytest.mark.parametrize("signed", [
    "", "x", "[]", "{}", '{"record": 7}', '{"record": {}, "signature": ""}', "{" * 3_000, "\ud800", None,
    '{"record": {"v":1,"kind":"camera.resume","t":1,"camera":"c"}, "signature": 7}',
    '{"record": {"v":1,"kind":"camera.resume","t":1.5,"camera":"c"}, "signature": "AA"}',
])  # fmt: skip
def test_what_is_no_signed_record_is_refused(signed: Any) -> None:
    with pytest.raises(ConsentryError):
        open_owner_record(signed, OwnerKey(POINT), kind="camera.resume")


@pytest.mark.parametrize("passkey", [None, [], "x", {}, {"authenticator_data": "AA", "client_data": "AA"}])
def test_a_passkey_of_another_shape_is_refused(passkey: object) -> None:
    signed = json.dumps({"record": VECTORS["record"], "passkey": passkey})
    with pytest.raises(ConsentryError):
        open_owner_record(signed, OwnerKey(POINT, "example.org"), kind="camera.resume")
