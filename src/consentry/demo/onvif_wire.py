"""SOAP as a strict camera reads and writes it; made apart from our client, so that one checks the other."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from consentry.media.rtsp_auth import Credentials

SPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://www.w3.org/2005/08/addressing",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "tns1": "http://www.onvif.org/ver10/topics",
    "wsse": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "wsu": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
    "sim": "urn:consentry:demo:camera",
}
_DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
MAX_TOKEN_AGE = timedelta(seconds=30)


class SoapFault(Exception):
    """The camera says no: an HTTP status, a subcode and a reason."""

    def __init__(self, subcode: str, reason: str, *, status: int = 400) -> None:
        super().__init__(reason)
        self.subcode, self.status = subcode, status


@dataclass(frozen=True)
class Request:
    """A call: `verb` is `prefix:Name` with the prefixes of `SPACES`; `header` and `body` are its elements."""

    verb: str
    header: Element
    body: Element

    def text(self, path: str) -> str:
        """The text of an element that must be there, by path with the prefixes of `SPACES`."""
        found = self.body.find(path, SPACES)
        if found is None or not (found.text or "").strip():
            raise SoapFault("ter:InvalidArgVal", f"{path} is missing")
        return (found.text or "").strip()


def read_request(data: bytes) -> Request:
    """The call in `data`; a fault when it is not well-formed SOAP 1.2 in namespaces that this camera knows."""
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise SoapFault("ter:WellFormed", "not well-formed") from error
    header, body = root.find("s:Header", SPACES), root.find("s:Body", SPACES)
    if root.tag != f"{{{SPACES['s']}}}Envelope" or header is None or body is None or len(body) != 1:
        raise SoapFault("ter:TagMismatch", "not an envelope")
    space, _, name = body[0].tag.removeprefix("{").partition("}")
    prefix = next((prefix for prefix, known in SPACES.items() if known == space), None)
    if prefix is None:
        raise SoapFault("ter:Namespace", "an unknown namespace")
    return Request(f"{prefix}:{name}", header, body[0])


@dataclass
class Guard:
    """Checks WS-UsernameToken digests; a nonce counts once."""

    who: Credentials
    nonces: set[bytes] = field(default_factory=set)

    def require(self, request: Request, *, now: datetime) -> None:
        """A fault unless the call is signed with the password, now by the camera's clock, for the first time."""
        token = request.header.find("wsse:Security/wsse:UsernameToken", SPACES)
        if token is None:
            raise _not_authorised("no token")
        password = token.find("wsse:Password", SPACES)
        if password is None or password.get("Type") != _DIGEST:
            raise _not_authorised("not a digest")
        given = {name: (token.findtext(name, "", SPACES)) for name in ("wsse:Username", "wsse:Nonce", "wsu:Created")}
        nonce = base64.b64decode(given["wsse:Nonce"], validate=True)
        due = hashlib.sha1(
            nonce + given["wsu:Created"].encode() + self.who.password.encode(), usedforsecurity=False
        ).digest()
        if given["wsse:Username"] != self.who.user or not hmac.compare_digest(
            base64.b64encode(due).decode(), password.text or ""
        ):
            raise _not_authorised("wrong")
        if abs(datetime.fromisoformat(given["wsu:Created"]) - now) > MAX_TOKEN_AGE:
            raise _not_authorised("its time is not the camera's")
        if nonce in self.nonces or len(nonce) < 16:
            raise _not_authorised("nonce used")
        self.nonces.add(nonce)


def envelope(body: str) -> bytes:
    """An answer, with every prefix of `SPACES` declared."""
    spaces = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in SPACES.items())
    return f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {spaces}><s:Body>{body}</s:Body></s:Envelope>'.encode()


def fault(error: SoapFault) -> bytes:
    """A SOAP fault."""
    code = f"<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{error.subcode}</s:Value></s:Subcode></s:Code>"
    return envelope(f'<s:Fault>{code}<s:Reason><s:Text xml:lang="en">{error}</s:Text></s:Reason></s:Fault>')


def require_action(call: Request, action: str) -> None:
    """A fault unless the call has this WS-Addressing action."""
    if call.header.findtext("a:Action", "", SPACES) != action:
        raise SoapFault("ter:InvalidArgVal", "another action than the body's")


def seconds_of(duration: str) -> timedelta:
    """`PT…S` as a span."""
    return timedelta(seconds=float(duration.removeprefix("PT").removesuffix("S")))


def _not_authorised(reason: str) -> SoapFault:
    return SoapFault("ter:NotAuthorized", f"Sender not authorized: {reason}")
