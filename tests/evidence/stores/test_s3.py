"""What only S3 does: versions, locks that bind even us, answers that get lost, servers that pretend."""

import io
import logging
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.evidence.stores.faulty import Faulty, faulty_proxy
from tests.evidence.stores.s3_server import BUCKET, KEY_ID, SECRET, S3Server
from tests.evidence.stores.test_stores import BODY, fresh, keep, said, soon_ms

from consentry.evidence.stores.s3 import Bucket, S3Store
from consentry.evidence.stores.s3_client import Access, client_of
from consentry.evidence.stores.types import Lock, Store
from consentry.evidence.stores.urls import StoreSaid, store_of
from consentry.kernel.errors import Conflict, Malformed, NotFound, Refused, Unavailable, Untrusted


@pytest.fixture
def proxy(s3: S3Server) -> Iterator[Faulty]:
    with faulty_proxy(s3.endpoint) as faulty:
        yield faulty


@pytest.fixture
def prefix() -> str:
    return f"{secrets.token_hex(6)}/"


@pytest.fixture
def through(proxy: Faulty, prefix: str) -> S3Store:
    return S3Store(client_of(Access(proxy.endpoint, "us-east-1", KEY_ID, SECRET)), Bucket(BUCKET, prefix))


def versions(s3: S3Server, prefix: str) -> int:
    return len(s3.client.list_object_versions(Bucket=BUCKET, Prefix=prefix).get("Versions", ()))


def test_an_answer_that_is_lost_after_the_file_was_stored_makes_no_second_version(
    s3: S3Server, through: S3Store, proxy: Faulty, prefix: str
) -> None:
    name, until_ms = fresh(), soon_ms(60)
    proxy.once("PUT", "lose")
    keep(through, name, lock=Lock(until_ms))
    assert [method for method, _ in proxy.seen].count("PUT") == 2, "it was sent again"
    assert versions(s3, prefix) == 1
    assert through.stat(name).lock.until_ms >= until_ms
    assert b"".join(through.read(name)) == BODY


def test_a_line_that_breaks_is_taken_up_where_it_broke(through: S3Store, proxy: Faulty) -> None:
    name = fresh()
    keep(through, name)
    cuts = ["cut", "cut", "cut", "cut"]
    proxy.fault = lambda method, path: cuts.pop() if cuts and "versions" not in path and method == "GET" else "pass"
    assert b"".join(through.read(name)) == BODY
    assert cuts == []


def test_a_server_that_is_away_is_said_to_be_and_its_key_stands_in_no_log(
    through: S3Store, proxy: Faulty, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    proxy.fault = lambda method, path: 503
    with pytest.raises(Unavailable, match="503"):
        keep(through, fresh())
    shown = caplog.text + repr(Access(proxy.endpoint, "us-east-1", KEY_ID, SECRET)) + through.place
    assert SECRET not in shown
    assert "Signature=" not in shown


def test_a_deleted_locked_object_fails_the_trial_at_start(through: S3Store, proxy: Faulty) -> None:
    through.try_out()
    proxy.fault = lambda method, path: 204 if method == "DELETE" else "pass"
    with pytest.raises(Untrusted, match="no vault: a locked object could be deleted"):
        through.try_out()
    proxy.fault = lambda method, path: 200 if method == "PUT" and "retention" in path else "pass"
    with pytest.raises(Untrusted, match="no vault: a lock could be shortened"):
        through.try_out()
    proxy.fault = lambda method, path: 503 if method == "DELETE" and "versionId" in path else "pass"
    with pytest.raises(Unavailable):
        through.try_out()


def _lose_lock(params: dict[str, object], **_: object) -> None:
    """What some clients and gateways do: the lock becomes plain metadata, and nobody says so."""
    lost = {name: params.pop(name) for name in list(params) if name.startswith("ObjectLock")}
    params["Metadata"] = {name.lower(): str(value) for name, value in lost.items()}


def test_a_lock_that_became_plain_metadata_is_refused(s3: S3Server, prefix: str) -> None:
    client = client_of(Access(s3.endpoint, "us-east-1", KEY_ID, SECRET))
    for call in ("PutObject", "PutObjectRetention"):
        client.meta.events.register(f"provide-client-params.s3.{call}", _lose_lock)
    store = S3Store(client, Bucket(BUCKET, prefix))
    with pytest.raises(Untrusted, match="keeps no lock"):
        store.try_out()
    client.meta.events.unregister("provide-client-params.s3.PutObjectRetention", _lose_lock)
    client.meta.events.register("before-call.s3.PutObjectRetention", lambda **_: (_Answer(), {}))
    with pytest.raises(Untrusted, match="does not keep its lock"):
        keep(store, fresh(), lock=Lock(soon_ms(60)))


class _Answer:
    status_code = 200


def test_a_bucket_without_object_lock_is_refused_at_start(s3: S3Server) -> None:
    s3.client.create_bucket(Bucket="plain")
    plain = S3Store(s3.client, Bucket("plain"))
    with pytest.raises(Untrusted, match="versioning is not on"):
        plain.try_out()
    s3.client.put_bucket_versioning(Bucket="plain", VersioningConfiguration={"Status": "Enabled"})
    with pytest.raises(Untrusted, match="made without Object Lock"):
        plain.try_out()


def test_the_first_version_is_the_file_whatever_is_put_or_marked_over_it(
    s3: S3Server, through: S3Store, prefix: str
) -> None:
    name = fresh()
    keep(through, name, lock=Lock(soon_ms(60)))
    s3.client.put_object(Bucket=BUCKET, Key=prefix + name, Body=b"forged")
    s3.client.delete_object(Bucket=BUCKET, Key=prefix + name)
    assert b"".join(through.read(name)) == BODY
    assert through.stat(name).sha256 == said(BODY).sha256
    assert list(through.files(next(through.items()))) == [name]
    keep(through, name)
    assert b"".join(through.read(name)) == BODY


def test_a_lock_binds_every_way_of_deleting_and_ends_on_time(s3: S3Server, through: S3Store, prefix: str) -> None:
    name, until_ms = fresh(), soon_ms(4)
    keep(through, name, lock=Lock(until_ms))
    one = {"Bucket": BUCKET, "Key": prefix + name, "VersionId": through.stat(name).version}
    for extra in ({}, {"BypassGovernanceRetention": True}):
        with pytest.raises(s3.client.exceptions.ClientError, match="AccessDenied"):
            s3.client.delete_object(**one, **extra)
    many = s3.client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{k: one[k] for k in ("Key", "VersionId")}]})
    assert [error["Code"] for error in many["Errors"]] == ["AccessDenied"]
    s3.client.delete_object(Bucket=BUCKET, Key=prefix + name)
    time.sleep(max(0.0, (until_ms - soon_ms(0)) / 1_000) + 1.1)
    through.delete(name)
    with pytest.raises(NotFound):
        through.stat(name)
    left = s3.client.list_object_versions(Bucket=BUCKET, Prefix=prefix)
    assert not left.get("Versions")
    assert not left.get("DeleteMarkers"), "markers go, too"


def test_another_key_opens_nothing(s3: S3Server, prefix: str) -> None:
    stranger = S3Store(client_of(Access(s3.endpoint, "us-east-1", KEY_ID, "guessed")), Bucket(BUCKET, prefix))
    with pytest.raises(Refused, match="SignatureDoesNotMatch"):
        keep(stranger, fresh())
    with pytest.raises(Refused, match="NoSuchBucket"):
        S3Store(s3.client, Bucket("nobody-made-this")).try_out()


@pytest.mark.parametrize(
    "url",
    ["", "files:", "files:vault", "files:/vault?x=1", "s3://", "s3://u:p@bucket", "s3://bucket?lock=none",
     "s3://bucket?endpoint=ftp://x", "s3://bucket?secret=x", "http://bucket"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        store_of(StoreSaid(url, tmp_path))


def test_a_key_file_is_two_lines(s3: S3Server, tmp_path: Path) -> None:
    for path, kind in ((None, Unavailable), (tmp_path / "none", Unavailable), (tmp_path / "short", Malformed)):
        (tmp_path / "short").write_text("one")
        with pytest.raises(kind):
            store_of(StoreSaid("s3://bucket", tmp_path, path))
    found: Store = store_of(StoreSaid("s3://bucket/a/b", tmp_path, s3.key_file()))
    assert found.place == "s3://bucket/a/b/"
    assert SECRET not in repr(found)


LARGE = bytes(range(251)) * 50_000  # 12.5 MB: three parts of at least 5 MiB, as S3 asks


@pytest.fixture
def in_parts(proxy: Faulty, prefix: str, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    monkeypatch.setattr("consentry.evidence.stores.s3_parts.PART_BYTES", 5 * 1_048_576)
    client = client_of(Access(proxy.endpoint, "us-east-1", KEY_ID, SECRET))
    return S3Store(client, Bucket(BUCKET, prefix, one_request_bytes=6_000_000))


def test_a_file_beyond_one_request_goes_in_parts_locked_and_read_back(
    s3: S3Server, in_parts: S3Store, proxy: Faulty, prefix: str
) -> None:
    name, until_ms = fresh(), soon_ms(60)
    keep(in_parts, name, LARGE, Lock(until_ms))
    assert b"".join(in_parts.read(name)) == LARGE
    stored = in_parts.stat(name)
    assert (stored.sha256, stored.size_bytes) == ("", len(LARGE)), "of parts S3 keeps no hash of the whole"
    assert stored.lock.until_ms >= until_ms
    with pytest.raises(Refused, match="locked"):
        in_parts.delete(name)
    keep(in_parts, name, LARGE, Lock(until_ms))
    with pytest.raises(Conflict, match="another file"):
        keep(in_parts, name, LARGE[::-1], Lock(until_ms))
    assert versions(s3, prefix) == 1


def test_parts_that_break_or_differ_leave_nothing(s3: S3Server, in_parts: S3Store, proxy: Faulty, prefix: str) -> None:
    name = fresh()
    with pytest.raises(Untrusted, match="not the bytes"):
        in_parts.put(name, said(LARGE), io.BytesIO(LARGE[:-1] + b"x"))
    proxy.fault = lambda method, path: 503 if "partNumber=2" in path else "pass"
    with pytest.raises(Unavailable):
        keep(in_parts, name, LARGE)
    assert versions(s3, prefix) == 0
    assert not s3.client.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix).get("Uploads")
    lost = ["lose"]
    proxy.fault = lambda method, path: lost.pop() if lost and method == "POST" and "uploadId" in path else "pass"
    keep(in_parts, name, LARGE)
    assert lost == []
    assert versions(s3, prefix) == 1
