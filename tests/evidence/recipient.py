"""A recipient with a browser's key, as `console/src/vault/receipt.ts` makes it."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from consentry.kernel.canonical import canonical_json, to_b64
from consentry.kernel.receipt import Receipt, receipt_message, receipt_record

KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def sign(receipt: Receipt) -> bytes:
    """The receipt as it travels, signed by this browser."""
    record = receipt_record(receipt)
    r, s = decode_dss_signature(KEY.sign(receipt_message(record), ec.ECDSA(hashes.SHA256())))
    return canonical_json({"receipt": record, "signature": to_b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))})
