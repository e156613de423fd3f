"""SOAP 1.2 as ONVIF uses it: one envelope out, one bounded answer in. No call follows a redirect or leaves the camera.

A password never travels: WS-UsernameToken carries a digest of nonce, time and password (the camera's time, as its clock
may be off), and a camera that asks for HTTP digest instead gets that.
"""

import asyncio
import base64
import hashlib
import os
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

import aiohttp

from consentry.kernel.clock import utc_now
from consentry.kernel.errors import Malformed, Refused, Unavailable, Untrusted
from consentry.kernel.limits import MAX_CAMERA_XML_BYTES
from consentry.media.http_fetch import read_bounded
from consentry.media.onvif.nodes import Node, parse_nodes
from consentry.media.rtsp_auth import Credentials, answer_challenge

CALL_S = 8.0
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
EVENTS = "http://www.onvif.org/ver10/events/wsdl"
PTZ = "http://www.onvif.org/ver20/ptz/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
WSNT = "http://docs.oasis-open.org/wsn/b-2"
_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
_ADDRESSING = "http://www.w3.org/2005/08/addressing"
_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_SECEXT, _UTILITY = _OASIS + "wssecurity-secext-1.0.xsd", _OASIS + "wssecurity-utility-1.0.xsd"
_DIGEST = _OASIS + "username-token-profile-1.0#PasswordDigest"
_BASE64 = _OASIS + "soap-message-security-1.0#Base64Binary"


@dataclass(frozen=True)
class Call:
    """One call: the body's element and where to; with WS-Addressing also `action` and `echo` (header elements)."""

    url: str
    body: str
    action: str = ""
    echo: str = ""
    timeout_s: float = CALL_S


class Soap:
    """Calls one camera as `who`. `offset` is how far the camera's clock is ahead of ours.

    `certificate`: SHA-256 (hexadecimal) of the one that the owner confirmed, "" for what this machine's authorities
    vouch for. Nothing is sent before it was seen.
    """

    def __init__(self, http: aiohttp.ClientSession, who: Credentials | None, certificate: str = "") -> None:
        self._http, self.who = http, who
        self._believed: aiohttp.Fingerprint | bool = (
            aiohttp.Fingerprint(bytes.fromhex(certificate)) if certificate else True
        )
        self.offset = timedelta()

    async def call(self, call: Call, *, signed: bool = True) -> Node:
        """The element inside the answer's body.

        Raises:
            Refused: it wants another name or password (`unauthorised`), or does not do this (`onvif-fault`).
            Untrusted: nobody vouches for its certificate (`certificate-unknown`), or it shows another than the owner
                confirmed (`certificate-changed`).
            Unavailable: it cannot be reached, is too slow, or its answer is too long.
            Malformed: its answer is no SOAP.
        """
        who = self.who if signed else None
        data = _envelope(call, who, utc_now() + self.offset).encode()
        try:
            async with asyncio.timeout(call.timeout_s):
                status, answer = await self._post(call, data, who)
        except aiohttp.ServerFingerprintMismatch as error:
            raise Untrusted("the camera shows another certificate", kind="certificate-changed") from error
        except aiohttp.ClientConnectorCertificateError as error:
            raise Untrusted("the camera made its certificate itself", kind="certificate-unknown") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"the camera does not answer: {type(error).__name__}", kind="unreachable") from error
        return _body_of(status, answer)

    async def _post(self, call: Call, data: bytes, who: Credentials | None) -> tuple[int, bytes]:
        action = f'; action="{call.action}"' if call.action else ""
        headers = {"Content-Type": f"application/soap+xml; charset=utf-8{action}"}
        for attempt in (1, 2):
            async with self._http.post(
                call.url, data=data, headers=headers, allow_redirects=False, ssl=self._believed
            ) as reply:
                answer = await read_bounded(reply, MAX_CAMERA_XML_BYTES)
                challenges = reply.headers.getall("WWW-Authenticate", [])
                if reply.status != 401 or who is None or attempt == 2 or not challenges:
                    return reply.status, answer
            parts = urlsplit(call.url)
            uri = parts.path + (f"?{parts.query}" if parts.query else "")
            digests = [challenge for challenge in challenges if challenge.lower().startswith("digest")]
            given = answer_challenge(digests, who, "POST", uri)
            if given is None:
                return 401, answer
            headers["Authorization"] = given
        raise AssertionError("unreachable")


def element(name: str, text: str) -> str:
    """`<name>text</name>`, escaped; `name` is ours."""
    return f"<{name}>{escape(text)}</{name.partition(' ')[0]}>"


def echoed(nodes: list[Node]) -> str:
    """Reference parameters of a subscription, to be sent back as header elements (WS-Addressing 1.0, 3.2)."""
    return "".join(
        f"<r:{node.name} xmlns:r={quoteattr(node.namespace)}>{escape(node.text)}</r:{node.name}>"
        for node in nodes[:8] if node.namespace
    )  # fmt: skip


def _envelope(call: Call, who: Credentials | None, created: datetime) -> str:
    head = _security(who, created) if who else ""
    if call.action:
        head += f'<a:Action s:mustUnderstand="1">{escape(call.action)}</a:Action><a:To>{escape(call.url)}</a:To>'
        head += f"<a:MessageID>{uuid.uuid4().urn}</a:MessageID>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_ENVELOPE}" xmlns:a="{_ADDRESSING}">'
        f"<s:Header>{head}{call.echo}</s:Header><s:Body>{call.body}</s:Body></s:Envelope>"
    )


def _security(who: Credentials, created: datetime) -> str:
    nonce, at = os.urandom(16), created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    digest = hashlib.sha1(nonce + at.encode() + who.password.encode(), usedforsecurity=False).digest()
    return (
        f'<Security xmlns="{_SECEXT}" xmlns:u="{_UTILITY}" s:mustUnderstand="1"><UsernameToken>'
        f"{element('Username', who.user)}"
        f'<Password Type="{_DIGEST}">{_b64(digest)}</Password>'
        f'<Nonce EncodingType="{_BASE64}">{_b64(nonce)}</Nonce><u:Created>{at}</u:Created>'
        "</UsernameToken></Security>"
    )


def _body_of(status: int, answer: bytes) -> Node:
    if status == 401:
        raise Refused("the camera wants another name or password", kind="unauthorised")
    try:
        body = parse_nodes(answer).find("Body")
    except Malformed:
        if status == 200:
            raise
        raise Unavailable(f"the camera answered {status}", kind="onvif-fault") from None
    inside = body.children[0] if body is not None and body.children else None
    if inside is None:
        raise Malformed("a camera's answer is no SOAP")
    if inside.name == "Fault":
        raise _refusal(inside)
    if status != 200:
        raise Unavailable(f"the camera answered {status}", kind="onvif-fault")
    return inside


def _refusal(fault: Node) -> Refused:
    codes = " ".join(node.text for node in fault.every("Value")).lower()
    if "notauthorized" in codes or "failedauthentication" in codes:
        return Refused("the camera wants another name or password", kind="unauthorised")
    return Refused("the camera does not do this", kind="onvif-fault")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
