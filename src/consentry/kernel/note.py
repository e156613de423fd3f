"""Signed notes (C2SP signed-note): a text and lines `— name base64(key id ‖ signature)` that sign it.

Two algorithms: Ed25519 over the text (0x01, logs) and cosignature/v1, Ed25519 over a dated text (0x04, witnesses).
Keys travel as text: verifier `name+hash+base64(algorithm ‖ public)`, signer `PRIVATE+KEY+name+hash+base64(algorithm
‖ seed)`.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consentry.kernel.errors import Malformed, Untrusted

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
MAX_NOTE_BYTES = 65_536
MAX_SIGNATURES = 64
KEY_BYTES = 32
_SIGNATURE_BYTES = {ED25519: 64, COSIGNATURE_V1: 72}
_DASH = "— "


@dataclass(frozen=True)
class Verifier:
    """A name with a public key (32 bytes) and what its signatures mean (`ED25519` or `COSIGNATURE_V1`)."""

    name: str
    algorithm: int
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> "Verifier":
        """The verifier of `name+hash+base64`; Malformed when the hash or the algorithm is another."""
        name, _, rest = vkey.strip().partition("+")
        key_hash, _, encoded = rest.partition("+")
        algorithm, public = _key_material(name, encoded)
        found = cls(name, algorithm, public)
        if found.key_id.hex() != key_hash:
            raise Malformed("the key's hash does not fit its name and bytes")
        return found

    @property
    def key_id(self) -> bytes:
        """Four bytes: `SHA-256(name ‖ 0x0A ‖ algorithm ‖ public)[:4]`."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """The text form."""
        return f"{self.name}+{self.key_id.hex()}+{_encode(bytes([self.algorithm]) + self.public)}"

    def check(self, text: str, signature: bytes) -> int | None:
        """The time (s since 1970) that a cosignature says, None for a plain one; Untrusted when it does not hold."""
        if len(signature) != _SIGNATURE_BYTES[self.algorithm]:
            raise Untrusted(f"the signature of {self.name} has another length", kind="note-signature")
        time_s = int.from_bytes(signature[:8], "big") if self.algorithm == COSIGNATURE_V1 else None
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature[-64:], _message(text, time_s))
        except InvalidSignature as error:
            raise Untrusted(f"the signature of {self.name} does not hold", kind="note-signature") from error
        return time_s


@dataclass(frozen=True)
class Signer:
    """A name with a private key. Never logged: its representation shows the verifier only."""

    name: str
    algorithm: int
    private: Ed25519PrivateKey

    @classmethod
    def parse(cls, skey: str) -> "Signer":
        """The signer of `PRIVATE+KEY+name+hash+base64`; Malformed otherwise."""
        parts = skey.strip().split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise Malformed("not a private key of a note")
        algorithm, seed = _key_material(parts[2], parts[4])
        signer = cls(parts[2], algorithm, Ed25519PrivateKey.from_private_bytes(seed))
        if signer.verifier.key_id.hex() != parts[3]:
            raise Malformed("the key's hash does not fit its name and bytes")
        return signer

    @classmethod
    def generate(cls, name: str, algorithm: int = ED25519) -> "Signer":
        """A fresh key for `name`."""
        _check_name(name)
        return cls(name, algorithm, Ed25519PrivateKey.generate())

    def __repr__(self) -> str:
        return f"Signer({self.verifier.vkey})"

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.algorithm, self.private.public_key().public_bytes_raw())

    @property
    def skey(self) -> str:
        """The text form, secret."""
        body = _encode(bytes([self.algorithm]) + self.private.private_bytes_raw())
        return f"PRIVATE+KEY+{self.name}+{self.verifier.key_id.hex()}+{body}"

    def line(self, text: str, *, time_s: int = 0) -> str:
        """One signature line over `text`, newline included; `time_s` counts for cosignatures only."""
        dated = time_s if self.algorithm == COSIGNATURE_V1 else None
        signature = self.private.sign(_message(text, dated))
        stamp = b"" if dated is None else dated.to_bytes(8, "big")
        return f"{_DASH}{self.name} {_encode(self.verifier.key_id + stamp + signature)}\n"


@dataclass(frozen=True)
class Signed:
    """A signature that held: by whom, and for a cosignature when (s since 1970)."""

    verifier: Verifier
    time_s: int | None


@dataclass(frozen=True)
class Note:
    """A text with the signatures on it that held."""

    text: str
    signed: tuple[Signed, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Who signed, of those whom we asked for."""
        return tuple(item.verifier.name for item in self.signed)


def sign_note(text: str, *signers: Signer, time_s: int = 0) -> str:
    """`text` (ends in a newline) with the signatures of `signers`."""
    _check_text(text)
    return text + "\n" + "".join(signer.line(text, time_s=time_s) for signer in signers)


def open_note(text: str, verifiers: Sequence[Verifier]) -> Note:
    """The note if at least one of `verifiers` signed it.

    Raises Malformed (not a note) or Untrusted (no known signature, or a known key's signature that does not hold).
    Signatures of unknown keys are ignored, as the format demands.
    """
    body, lines = split_note(text)
    known = {(item.name, item.key_id): item for item in verifiers}
    signed: dict[tuple[str, bytes], Signed] = {}
    for name, key, signature in lines:
        verifier = known.get((name, key))
        if verifier is not None and (name, key) not in signed:
            signed[name, key] = Signed(verifier, verifier.check(body, signature))
    if not signed:
        raise Untrusted("nobody whom we trust signed this note", kind="note-signature")
    return Note(body, tuple(signed.values()))


def split_note(text: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text and the signature lines `(name, key id, signature)`, nothing verified; Malformed when it is no note."""
    if len(text) > MAX_NOTE_BYTES:
        raise Malformed("a note this long is none")
    head, gap, tail = text.rpartition("\n\n")
    body = head + "\n"
    _check_text(body)
    lines = tail.split("\n")
    if not gap or lines.pop() != "" or not 0 < len(lines) <= MAX_SIGNATURES:
        raise Malformed("a note ends in signature lines")
    return body, [_parse_line(line) for line in lines]


def decode_b64(text: str) -> bytes:
    """The bytes of standard base64, canonical and padded, as in the C2SP formats; Malformed otherwise."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Malformed("not base64") from error
    if _encode(raw) != text:
        raise Malformed("not canonical base64")
    return raw


def _parse_line(line: str) -> tuple[str, bytes, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH):
        raise Malformed("a signature line starts with a dash")
    _check_name(name)
    raw = decode_b64(encoded)
    if len(raw) < 5:
        raise Malformed("a signature has a key id and bytes")
    return name, raw[:4], raw[4:]


def _key_material(name: str, encoded: str) -> tuple[int, bytes]:
    _check_name(name)
    raw = decode_b64(encoded)
    if len(raw) != 1 + KEY_BYTES or raw[0] not in _SIGNATURE_BYTES:
        raise Malformed("a key of another kind")
    return raw[0], raw[1:]


def _check_name(name: str) -> None:
    if not name or "+" in name or any(char.isspace() or ord(char) < 0x20 for char in name):
        raise Malformed("a key's name has no space and no plus")


def _check_text(text: str) -> None:
    if not text.endswith("\n") or text == "\n" or any(ord(char) < 0x20 and char != "\n" for char in text):
        raise Malformed("a note's text is printable lines")


def _message(text: str, time_s: int | None) -> bytes:
    return text.encode() if time_s is None else f"cosignature/v1\ntime {time_s}\n{text}".encode()


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
