"""The answering side of DTLS 1.2 with SRTP keys (RFC 6347, 5764), over datagrams that are handed in and out.

No task waits here: `take` feeds a datagram, one timer repeats a lost flight. The browser's certificate must be the one
whose fingerprint stood in its offer; everything else ends the connection before a key exists.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from OpenSSL import SSL
from pylibsrtp import Policy, Session

from consentry.gateway.rtc.certificate import Certificate

# What of DTLS fits into one datagram; flights longer than that are cut between records.
MTU_BYTES = 1_200
_RECORD_HEAD_BYTES = 13
_DTLS_1_2 = 0xFEFD
_CIPHERS = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384"
# Name in DTLS, profile in libsrtp, bytes of key and salt; the cheapest on machines with AES instructions first.
_PROFILES = (
    (b"SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    (b"SRTP_AEAD_AES_256_GCM", Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
    (b"SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
)
_REPLAY_WINDOW = 1_024


@dataclass(frozen=True)
class Srtp:
    """Both directions, as libsrtp holds them. Dropping this drops the keys."""

    outgoing: Session
    incoming: Session


@dataclass(frozen=True)
class Hooks:
    """What DTLS calls: `send` a datagram; `ready` once, with the keys; `data` for each message; `over` once."""

    send: Callable[[bytes], None]
    ready: Callable[[Srtp], None]
    data: Callable[[bytes], None]
    over: Callable[[], None]


def make_context(own: Certificate) -> SSL.Context:
    """What all connections of this process share."""
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_max_proto_version(_DTLS_1_2)
    context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_QUERY_MTU)
    # Certificates of browsers are self-signed: believed is the fingerprint, checked below, not a chain.
    context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
    context.use_certificate(own.certificate)
    context.use_privatekey(own.key)
    context.set_cipher_list(_CIPHERS)
    context.set_tlsext_use_srtp(b":".join(name for name, *_ in _PROFILES))
    return context


class Dtls:
    """One connection. `is_ready`: keys agreed and the other side is who the offer said."""

    def __init__(self, context: SSL.Context, fingerprint: bytes, hooks: Hooks) -> None:
        self._line = SSL.Connection(context)
        self._line.set_accept_state()
        self._line.set_ciphertext_mtu(MTU_BYTES)
        self._fingerprint, self._hooks = fingerprint, hooks
        self._timer: asyncio.TimerHandle | None = None
        self.is_ready = self.over = False

    def take(self, datagram: bytes) -> None:
        """A datagram of the other side."""
        if self.over:
            return
        try:
            self._line.bio_write(datagram)
            if not self.is_ready:
                self._shake()
            while self.is_ready and not self.over:
                self._hooks.data(self._line.recv(65_536))
        except SSL.WantReadError:
            pass
        except SSL.Error:  # its goodbye, or something that is not DTLS: both end it
            self.close()
            return
        self._flush()

    def send(self, data: bytes) -> None:
        """A message, at most one datagram long; dropped when it is over or not ready."""
        if self.is_ready and not self.over:
            self._line.send(data)
            self._flush()

    def close(self) -> None:
        """Say goodbye and forget the keys; harmless when it is over."""
        if self.over:
            return
        self.over = True
        if self._timer is not None:
            self._timer.cancel()
        if self.is_ready:
            with contextlib.suppress(SSL.Error):
                self._line.shutdown()
            self._flush()
        self._hooks.over()

    def _shake(self) -> None:
        try:
            self._line.do_handshake()
        except SSL.WantReadError:
            self._flush()
            self._wait()
            raise
        self._flush()
        if self._timer is not None:
            self._timer.cancel()
        keys = self._agreed()
        if keys is None:
            self.close()
            return
        self.is_ready = True
        self._hooks.ready(keys)

    def _agreed(self) -> Srtp | None:
        """The keys; None when the certificate is another than the offer's or no SRTP was agreed."""
        certificate = self._line.get_peer_certificate(as_cryptography=True)
        if certificate is None or certificate.fingerprint(hashes.SHA256()) != self._fingerprint:
            return None
        chosen = self._line.get_selected_srtp_profile()
        for name, profile, key_bytes, salt_bytes in _PROFILES:
            if name == chosen:
                size = key_bytes + salt_bytes
                raw = self._line.export_keying_material(b"EXTRACTOR-dtls_srtp", 2 * size)
                keys, salts = raw[: 2 * key_bytes], raw[2 * key_bytes :]
                theirs = keys[:key_bytes] + salts[:salt_bytes]
                ours = keys[key_bytes:] + salts[salt_bytes:]
                return Srtp(
                    _session(ours, Policy.SSRC_ANY_OUTBOUND, profile),
                    _session(theirs, Policy.SSRC_ANY_INBOUND, profile),
                )
        return None

    def _wait(self) -> None:
        """Repeat the last flight when the answer is late (OpenSSL says when)."""
        if self._timer is not None:
            self._timer.cancel()
        after_s = self._line.DTLSv1_get_timeout()
        if after_s is not None:
            self._timer = asyncio.get_running_loop().call_later(max(0.05, after_s), self._late)

    def _late(self) -> None:
        if self.over or self.is_ready:
            return
        try:
            self._line.DTLSv1_handle_timeout()
        except SSL.Error:
            self.close()
            return
        self._flush()
        self._wait()

    def _flush(self) -> None:
        """Send what OpenSSL wrote. It hands out one stream: cut it between records again, or a long flight is lost."""
        waiting = b""
        with contextlib.suppress(SSL.Error):
            while True:
                waiting += self._line.bio_read(65_536)
        for datagram in cut_records(waiting):
            self._hooks.send(datagram)


def cut_records(stream: bytes, most: int = MTU_BYTES) -> list[bytes]:
    """The DTLS records in `stream`, as many in each datagram as fit into `most` bytes."""
    datagrams: list[bytes] = []
    start = at = 0
    while at + _RECORD_HEAD_BYTES <= len(stream):
        end = at + _RECORD_HEAD_BYTES + int.from_bytes(stream[at + 11 : at + 13], "big")
        if end - start > most and at > start:
            datagrams.append(stream[start:at])
            start = at
        at = end
    if start < len(stream):
        datagrams.append(stream[start:])
    return datagrams


def _session(key: bytes, kind: int, profile: int) -> Session:
    policy = Policy(key=key, ssrc_type=kind, srtp_profile=profile)
    policy.allow_repeat_tx = True  # a repeated packet is the same packet bit by bit, so the same cipher text
    policy.window_size = _REPLAY_WINDOW
    return Session(policy)
