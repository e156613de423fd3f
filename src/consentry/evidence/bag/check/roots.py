"""Whom the reader trusts, from a file that came another way than the bag: the vault, the log, witnesses, time.

vault <vkey>                          the key that signs items and exports; repeatable
log …, witness …, group …, quorum …   as in the file `policy` that a log publishes
-----BEGIN CERTIFICATE-----           roots of time-stamping authorities, PEM; repeatable
"""

import re
from dataclasses import dataclass

from cryptography import x509

from consentry.kernel.errors import Malformed
from consentry.kernel.limits import MAX_TRUST_BYTES
from consentry.kernel.note import Verifier
from consentry.ledger.trust import NO_WITNESSES, WitnessPolicy, parse_policy

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]*-----END CERTIFICATE-----")


@dataclass(frozen=True)
class Roots:
    """Keys of the vault (one at least), the log with its witnesses, certificates of time-stamping authorities."""

    vault: tuple[Verifier, ...]
    log: WitnessPolicy
    stamps: tuple[x509.Certificate, ...]


def parse_roots(text: str) -> Roots:
    """The roots in a trust file; Malformed for anything that is not understood, so that no rule is ever dropped."""
    if len(text) > MAX_TRUST_BYTES:
        raise Malformed("a trust file this long is none")
    try:
        stamps = tuple(x509.load_pem_x509_certificate(block.encode()) for block in _PEM.findall(text))
    except ValueError as error:
        raise Malformed("a certificate in the trust file is none") from error
    vault, rest = [], []
    for line in _PEM.sub("", text).splitlines():
        words = line.split("#", 1)[0].split()
        if words[:1] == ["vault"] and len(words) == 2:
            vault.append(Verifier.parse(words[1]))
        elif words:
            rest.append(line)
    if not vault:
        raise Malformed("the trust file names no key of a vault (`vault <key>`)")
    log = parse_policy("\n".join(rest)) if rest else NO_WITNESSES
    return Roots(tuple(vault), log, stamps)
