"""What people carry: a passkey in the browser, an authenticator app, a mailbox."""

import base64
import hashlib
import hmac
import re
import struct
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path

from playwright.sync_api import CDPSession, Page, expect

PERIOD_S, DIGITS = 30, 6
PATIENCE_S = 30
CODE = re.compile(r"^\s*([A-Z0-9]{3,}(?:-[A-Z0-9]+)*)\s*$", re.MULTILINE)


def totp(secret: str, at_s: float | None = None) -> str:
    """The six digits of RFC 6238 for a base32 secret, SHA-1 and 30 s, written here again from the standard."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    counter = int(time.time() if at_s is None else at_s) // PERIOD_S
    digest = hmac.digest(key, struct.pack(">Q", counter), hashlib.sha1)
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def letters_to(folder: Path, address: str) -> list[str]:
    """The texts of the e-mails to `address` in the demo's folder of mails, oldest first."""
    found: list[str] = []
    for file in sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns):
        for said in re.split(rb"^-{79}\n?", file.read_bytes(), flags=re.MULTILINE):
            letter = message_from_bytes(said, policy=policy.default)
            if address in str(letter["To"] or ""):
                found.append(str(letter.get_content()))
    return found


def code_to(folder: Path, address: str, *, after: int = 0) -> str:
    """The sign-in code of the first e-mail to `address` beyond the `after` that came before; waits for it."""
    deadline = time.monotonic() + PATIENCE_S
    while len(said := letters_to(folder, address)) <= after:
        assert time.monotonic() < deadline, f"no e-mail came to {address}"
        time.sleep(0.1)
    found = CODE.search(said[after])
    assert found, said[after]
    return found.group(1)


def new_address() -> str:
    """A mailbox that nobody used before."""
    return f"{uuid.uuid4().hex[:12]}@example.org"


def ask_code(page: Page, mail: Path, address: str, *, is_new: bool = False) -> str:
    """Ask for a code at the door and read it from the mailbox."""
    before = len(letters_to(mail, address))
    page.goto("/")
    if is_new:
        page.get_by_role("button", name="I am new here").click()
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Send me a code").click()
    expect(page.get_by_label("Code from the e-mail")).to_be_visible()
    return code_to(mail, address, after=before)


def give(page: Page, label: str, code: str) -> None:
    """Type a code and go on."""
    page.get_by_label(label).fill(code)
    page.get_by_role("button", name="Go on", exact=True).click()


def become_resident(page: Page, mail: Path, address: str) -> None:
    """Make an account by a code from the mailbox."""
    give(page, "Code from the e-mail", ask_code(page, mail, address, is_new=True))
    page.wait_for_url("**/home")


class Passkeys:
    """Chromium's virtual authenticator: a phone's own passkeys, its owner's finger always on the sensor."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        added = self._session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True,
                    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
                }
            },
        )  # fmt: skip
        self._id = str(added["authenticatorId"])

    def sites(self) -> list[str]:
        """The relying party of each passkey that was made."""
        said = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        return [str(credential["rpId"]) for credential in said["credentials"]]

    @contextmanager
    def unverified(self) -> Iterator[None]:
        """Meanwhile somebody else holds the phone: it cannot tell its owner's finger."""
        self._verify(is_verified=False)
        yield
        self._verify(is_verified=True)

    def _verify(self, *, is_verified: bool) -> None:
        said = {"authenticatorId": self._id, "isUserVerified": is_verified}
        self._session.send("WebAuthn.setUserVerified", said)
