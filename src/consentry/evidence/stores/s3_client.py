"""boto3's client for a vault's bucket, and its errors in our words."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from consentry.kernel.errors import NotFound, Refused, Unavailable, Untrusted

_CONNECT_S, _READ_S, _TRIES = 5, 60, 4
_ABSENT: Final = ("404", "NoSuchKey", "NoSuchVersion", "NotFound")
_DIGEST: Final = ("BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch")
# Until somebody changes a setting: no rights, a wrong key, no such bucket, another region.
_REFUSED: Final = (
    "403", "AccessDenied", "ObjectLocked", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket",
    "InvalidBucketName", "AuthorizationHeaderMalformed", "PermanentRedirect",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Access:
    """Where the service answers ("" for Amazon's own) and with which key. `ca`: roots to believe, or the machine's."""

    endpoint: str
    region: str
    key_id: str
    secret: str = field(repr=False)
    ca: Path | None = None


# Any: boto3 makes its clients at run time.
def client_of(access: Access) -> Any:
    """A client; talks to nobody yet."""
    # Its debug lines hold signatures and whole requests.
    logging.getLogger("botocore").setLevel(logging.WARNING)
    session = Session(aws_access_key_id=access.key_id, aws_secret_access_key=access.secret, region_name=access.region)
    config = Config(
        connect_timeout=_CONNECT_S,
        read_timeout=_READ_S,
        retries={"mode": "standard", "total_max_attempts": _TRIES},
        # The SHA-256 that we say is signed: hashing the body once more to sign it would say the same.
        s3={"addressing_style": "path" if access.endpoint else "auto", "payload_signing_enabled": False},
        # We say a SHA-256 at each put and check one at each get: a CRC besides only costs.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    verify = str(access.ca) if access.ca else True
    return session.client("s3", endpoint_url=access.endpoint or None, verify=verify, config=config)


@contextlib.contextmanager
def answers() -> Iterator[None]:
    """NotFound, Refused (the store says no), Untrusted (other bytes came) or Unavailable, naming the store's code."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code in _ABSENT:
            raise NotFound(f"the store has none: {code}", kind="not-found") from error
        if code in _REFUSED:
            raise Refused(f"the store says no: {code}", kind="store-refused") from error
        if code in _DIGEST:
            raise Untrusted("these are not the bytes that were said", kind="store-hash") from error
        raise Unavailable(f"the store answers {code}", kind="store") from error
    except BotoCoreError as error:
        raise Unavailable(f"the store does not answer: {type(error).__name__}", kind="store") from error


def is_code(error: Exception, *codes: str) -> bool:
    """Was it one of these codes of the store that `answers` put in our words?"""
    cause = error.__cause__
    return isinstance(cause, ClientError) and cause.response.get("Error", {}).get("Code") in codes
