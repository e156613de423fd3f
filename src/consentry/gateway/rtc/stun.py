"""The answering half of ICE-lite (RFC 8445 appendix A, RFC 8489): who asks under our name and password is answered.

aioice's full agent is not used: see docs/design/media.md, "Joins".
"""

from dataclasses import dataclass

from aioice import stun

MAX_STUN_BYTES = 600
_COOKIE = (0x2112A442).to_bytes(4, "big")


@dataclass(frozen=True, slots=True)
class Check:
    """A connectivity check: under which of our names, whether the browser chooses this path."""

    name: str
    nominated: bool
    message: stun.Message


def read_check(data: bytes) -> Check | None:
    """The check in `data`; None for anything else. Nothing in it is proven yet."""
    if len(data) > MAX_STUN_BYTES or data[4:8] != _COOKIE:
        return None
    try:
        message = stun.parse_message(data)
    except (ValueError, KeyError, IndexError):
        return None
    if message.message_method is not stun.Method.BINDING or message.message_class is not stun.Class.REQUEST:
        return None
    name = str(message.attributes.get("USERNAME", "")).partition(":")[0]
    return Check(name, "USE-CANDIDATE" in message.attributes, message)


def answer_check(check: Check, password: str, address: tuple[str, int]) -> bytes | None:
    """The answer to `check` from `address`; None when it was not made with our password."""
    key = password.encode()
    if not check.message.check_message_integrity(key):
        return None
    answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, check.message.transaction_id)
    answer.attributes["XOR-MAPPED-ADDRESS"] = address
    answer.add_message_integrity(key)
    return bytes(answer)
