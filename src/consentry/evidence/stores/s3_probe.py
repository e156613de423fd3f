"""Does this bucket really keep what is locked? Asked at every start; a vault does not serve over one that pretends."""

import base64
import contextlib
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from consentry.kernel.errors import Untrusted

if TYPE_CHECKING:
    from consentry.evidence.stores.s3 import Bucket

_LOCK = timedelta(minutes=2)
_FOLDER = "probe/"
_MOST_OLD = 100


# Any: boto3 makes its clients at run time.
def probe(client: Any, bucket: "Bucket", now: datetime) -> None:
    """Put a small object with a short lock; Untrusted unless deleting and shortening are refused, and it stays."""
    _check_bucket(client, bucket)
    _sweep(client, bucket)
    body, until = secrets.token_bytes(32), (now + _LOCK).replace(microsecond=0)
    where = {"Bucket": bucket.name, "Key": f"{bucket.prefix}{_FOLDER}{secrets.token_hex(16)}"}
    version = _put(client, where, body, {"ObjectLockMode": bucket.mode, "ObjectLockRetainUntilDate": until})
    if not version:
        raise _pretends("it gives no version")
    one = {**where, "VersionId": version}
    head = client.head_object(**one)
    if head.get("ObjectLockMode") != bucket.mode or head.get("ObjectLockRetainUntilDate") != until:
        raise _pretends("it took the lock's headers and keeps no lock")
    if _is_allowed(client.delete_object, **one):
        raise _pretends("a locked object could be deleted")
    sooner = {"Mode": bucket.mode, "RetainUntilDate": until - timedelta(seconds=60)}
    if bucket.mode == "COMPLIANCE" and _is_allowed(client.put_object_retention, **one, Retention=sooner):
        raise _pretends("a lock could be shortened")
    if client.get_object(**one)["Body"].read() != body:
        raise _pretends("a locked object did not stay as it was")
    if _is_allowed(client.put_object, **where, Body=b"over", IfNoneMatch="*"):
        raise _pretends("it does not know If-None-Match, so that a retry would make a second version")


def _check_bucket(client: Any, bucket: "Bucket") -> None:
    if client.get_bucket_versioning(Bucket=bucket.name).get("Status") != "Enabled":
        raise _pretends("its versioning is not on")
    try:
        said = client.get_object_lock_configuration(Bucket=bucket.name)
    except ClientError as error:
        raise _pretends("it was made without Object Lock") from error
    if said.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") != "Enabled":
        raise _pretends("it was made without Object Lock")


def _put(client: Any, where: dict[str, str], body: bytes, lock: dict[str, object]) -> str:
    sha256 = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return str(client.put_object(**where, Body=body, ChecksumSHA256=sha256, **lock).get("VersionId", ""))


def _is_allowed(call: Any, **said: object) -> bool:
    """Did the store do it? A store that is broken (5xx) did not refuse: that error goes on."""
    try:
        call(**said)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) >= 500:
            raise
        return False
    return True


def _sweep(client: Any, bucket: "Bucket") -> None:
    """Remove the probes of earlier starts whose locks are over."""
    said = client.list_object_versions(Bucket=bucket.name, Prefix=bucket.prefix + _FOLDER, MaxKeys=_MOST_OLD)
    for version in (*said.get("Versions", ()), *said.get("DeleteMarkers", ())):
        with contextlib.suppress(ClientError):
            client.delete_object(Bucket=bucket.name, Key=version["Key"], VersionId=version["VersionId"])


def _pretends(why: str) -> Untrusted:
    return Untrusted(f"this bucket is no vault: {why}", kind="store-pretends")
