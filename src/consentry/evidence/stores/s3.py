"""A store in S3 with Object Lock. A name's first version is the file: what is put over it later, or a marker that
says "deleted", changes nothing for a reader. Needs `boto3` (requirements/s3.in).

Each file goes in one request with its SHA-256, which the server checks, and its lock; both are read back, since some
servers and gateways take lock headers for plain metadata and say nothing. Traps: docs/design/stack.md.
"""

import base64
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from botocore.exceptions import BotoCoreError
from urllib3.exceptions import HTTPError

from consentry.evidence.stores.s3_client import answers, is_code
from consentry.evidence.stores.s3_parts import put_in_parts
from consentry.evidence.stores.types import (
    NO_LOCK,
    READ_BYTES,
    FileSaid,
    Lock,
    Stored,
    StoredName,
    measure,
    parts_of,
    stored_name,
)
from consentry.kernel.clock import Clock, from_ms, to_ms, utc_now
from consentry.kernel.errors import Conflict, LimitReached, Malformed, NotFound, Refused, Unavailable, Untrusted
from consentry.kernel.ids import ItemId
from consentry.kernel.limits import MAX_S3_FILE_BYTES, MAX_STORED_VERSIONS

_READ_TRIES: Final = 3
_SHA256_CHARS: Final = 44
# The last: a completed upload is known no more, which is how a lost answer looks when it is asked again.
_TAKEN: Final = ("412", "PreconditionFailed", "ConditionalRequestConflict", "NoSuchUpload")


@dataclass(frozen=True, slots=True)
class Bucket:
    """Which bucket, what our names begin with there ("" or ending in "/"), and the mode of its locks."""

    name: str
    prefix: str = ""
    mode: str = "COMPLIANCE"
    where: str = field(default="", compare=False)
    one_request_bytes: int = MAX_S3_FILE_BYTES


class S3Store:
    """`client`: boto3's, see `s3_client`. Safe for several threads and processes."""

    # Any: boto3 makes its clients at run time.
    def __init__(self, client: Any, bucket: Bucket, clock: Clock = utc_now) -> None:
        self._client, self._bucket, self._clock = client, bucket, clock

    @property
    def place(self) -> str:
        """`s3://bucket/prefix` and its address."""
        where = f" at {self._bucket.where}" if self._bucket.where else ""
        return f"s3://{self._bucket.name}/{self._bucket.prefix}{where}"

    @property
    def enforces_locks(self) -> bool:
        """Yes, once `try_out` did not refuse."""
        return True

    def put(self, name: StoredName, said: FileSaid, file: BinaryIO, lock: Lock = NO_LOCK) -> Stored:
        """See `Store.put`. An answer that got lost after the file was stored makes no second version."""
        parts_of(name)
        if file.seek(0, io.SEEK_END) != said.size_bytes:
            raise Untrusted("these are not the bytes that were said", kind="store-hash")
        self._send(name, said, file, lock)
        stored = self.stat(name)
        if stored.size_bytes != said.size_bytes or (stored.sha256 or said.sha256) != said.sha256:
            raise Conflict(f"another file lies at {name}", kind="store-other")
        if not stored.sha256 and measure(self.read(name)) != said:
            raise Conflict(f"another file lies at {name}", kind="store-other")
        return self._locked(stored, lock)

    def read(self, name: StoredName, offset_bytes: int = 0) -> Iterator[bytes]:
        """See `Store.read`. A line that breaks is taken up where it broke."""
        version, size_bytes = self._first_version(name)
        failed = 0
        while offset_bytes < size_bytes:
            try:
                for piece in self._range(name, version, offset_bytes):
                    offset_bytes, failed = offset_bytes + len(piece), 0
                    yield piece
                if offset_bytes < size_bytes:
                    raise HTTPError("it ended early")
            except (HTTPError, BotoCoreError, OSError) as error:
                failed += 1
                if failed == _READ_TRIES:
                    raise Unavailable(f"the store broke off in {name}", kind="store") from error

    def stat(self, name: StoredName) -> Stored:
        """See `Store.stat`."""
        version, _ = self._first_version(name)
        with answers():
            head = self._client.head_object(**self._object(name, version), ChecksumMode="ENABLED")
        until = head.get("ObjectLockRetainUntilDate")
        in_mode = until is not None and head.get("ObjectLockMode") == self._bucket.mode
        lock = Lock(to_ms(until) if in_mode else 0, head.get("ObjectLockLegalHoldStatus") == "ON")
        return Stored(name, int(head["ContentLength"]), _sha256_in(head), version, lock)

    def items(self) -> Iterator[ItemId]:
        """See `Store.items`; markers that say "deleted" hide nothing."""
        prefix = self._bucket.prefix
        for page in self._pages(prefix, delimiter="/"):
            for said in page.get("CommonPrefixes", ()):
                item = ItemId(str(said["Prefix"])[len(prefix) : -1])
                if _is_item(item):
                    yield item

    def files(self, item: ItemId) -> Iterator[StoredName]:
        """See `Store.files`."""
        folder = stored_name(item, "about").removesuffix("about")
        last = ""
        for version in self._versions(folder):
            name = str(version["Key"])[len(self._bucket.prefix) :]
            if name != last and _is_name(item, name):
                yield StoredName(name)
            last = name

    def extend(self, name: StoredName, until_ms: int) -> None:
        """See `Store.extend`."""
        stored = self.stat(name)
        if until_ms > stored.lock.until_ms:
            retention = {"Mode": self._bucket.mode, "RetainUntilDate": from_ms(_whole_s(until_ms))}
            with answers():
                self._client.put_object_retention(**self._object(name, stored.version), Retention=retention)

    def hold(self, name: StoredName, *, on: bool) -> None:
        """See `Store.hold`."""
        version, _ = self._first_version(name)
        with answers():
            status = {"Status": "ON" if on else "OFF"}
            self._client.put_object_legal_hold(**self._object(name, version), LegalHold=status)

    def delete(self, name: StoredName) -> None:
        """See `Store.delete`: all versions and markers, the file itself first, so that a lock stops everything."""
        try:
            stored = self.stat(name)
        except NotFound:
            return
        if stored.lock.in_force(to_ms(self._clock())):
            raise Refused(f"{name} is locked", kind="store-locked")
        self._remove(name, stored.version)
        for version in list(self._versions(name, markers=True)):
            if version["Key"] == self._bucket.prefix + name:
                self._remove(name, str(version["VersionId"]))

    def try_out(self) -> None:
        """See `Store.try_out`."""
        from consentry.evidence.stores.s3_probe import probe

        with answers():
            probe(self._client, self._bucket, self._clock())

    def _send(self, name: StoredName, said: FileSaid, file: BinaryIO, lock: Lock) -> None:
        file.seek(0)
        kept: dict[str, object] = {"ObjectLockLegalHoldStatus": "ON"} if lock.held else {}
        if lock.until_ms:
            kept |= {"ObjectLockMode": self._bucket.mode}
            kept |= {"ObjectLockRetainUntilDate": from_ms(_whole_s(lock.until_ms))}
        try:
            if said.size_bytes > self._bucket.one_request_bytes:
                put_in_parts(self._client, self._object(name), said, file, kept)
            else:
                self._put_at_once(name, said, file, kept)
        except (Unavailable, NotFound) as error:
            if not is_code(error, *_TAKEN):
                raise

    def _put_at_once(self, name: StoredName, said: FileSaid, file: BinaryIO, kept: dict[str, object]) -> None:
        with answers():
            self._client.put_object(
                **self._object(name),
                Body=file,
                ContentLength=said.size_bytes,
                ContentType="application/octet-stream",
                ChecksumSHA256=base64.b64encode(bytes.fromhex(said.sha256)).decode(),
                IfNoneMatch="*",
                **kept,
            )

    def _locked(self, stored: Stored, wanted: Lock) -> Stored:
        """Lengthen what lay there before; Untrusted when the lock is not what was asked."""
        now = stored
        if stored.lock.until_ms < wanted.until_ms or (wanted.held and not stored.lock.held):
            self.extend(stored.name, wanted.until_ms)
            if wanted.held:
                self.hold(stored.name, on=True)
            now = self.stat(stored.name)
        if now.lock.until_ms < wanted.until_ms or (wanted.held and not now.lock.held):
            raise Untrusted(f"the store took {stored.name} but does not keep its lock", kind="store-lock")
        return now

    def _range(self, name: StoredName, version: str, offset_bytes: int) -> Iterator[bytes]:
        with answers():
            body = self._client.get_object(**self._object(name, version), Range=f"bytes={offset_bytes}-")["Body"]
        try:
            while piece := body.read(READ_BYTES):
                yield piece
        finally:
            body.close()

    def _first_version(self, name: StoredName) -> tuple[str, int]:
        """Id and size of the oldest version; NotFound."""
        parts_of(name)
        mine = [version for version in self._versions(name) if version["Key"] == self._bucket.prefix + name]
        if not mine:
            raise NotFound(f"there is no {name}", kind="not-found")
        return str(mine[-1]["VersionId"]), int(mine[-1]["Size"])

    # Any: what the service said, parsed by boto3.
    def _versions(self, begins: str, *, markers: bool = False) -> Iterator[dict[str, Any]]:
        """Versions by name, newest first; LimitReached when somebody heaped them up."""
        count = 0
        for page in self._pages(self._bucket.prefix + begins):
            for version in (*page.get("Versions", ()), *(page.get("DeleteMarkers", ()) if markers else ())):
                count += 1
                if count > MAX_STORED_VERSIONS:
                    raise LimitReached(f"too many versions below {begins}", kind="store-versions")
                yield version

    def _pages(self, prefix: str, delimiter: str = "") -> Iterator[dict[str, Any]]:
        asked = {"Delimiter": delimiter} if delimiter else {}
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._bucket.name, Prefix=prefix, **asked
        )
        with answers():
            yield from pages

    def _remove(self, name: StoredName, version: str) -> None:
        with answers():
            self._client.delete_object(**self._object(name, version))

    def _object(self, name: StoredName, version: str = "") -> dict[str, str]:
        said = {"Bucket": self._bucket.name, "Key": self._bucket.prefix + name}
        return said | ({"VersionId": version} if version else {})


def _whole_s(until_ms: int) -> int:
    """Retention has whole seconds: up, never down."""
    return math.ceil(until_ms / 1_000) * 1_000


def _sha256_in(head: dict[str, Any]) -> str:
    """The SHA-256 of the whole file, hex; "" when the store has none, or one over the parts (`…-3`)."""
    said = str(head.get("ChecksumSHA256", ""))
    if len(said) != _SHA256_CHARS or head.get("ChecksumType") == "COMPOSITE":
        return ""
    try:
        return base64.b64decode(said, validate=True).hex()
    except ValueError:
        return ""


def _is_item(item: ItemId) -> bool:
    try:
        stored_name(item, "about")
    except Malformed:
        return False
    return True


def _is_name(item: ItemId, name: str) -> bool:
    try:
        return parts_of(StoredName(name))[0] == item
    except Malformed:
        return False
