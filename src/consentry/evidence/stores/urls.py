"""A store by its address: `files:/folder` or `s3://bucket/prefix?endpoint=…&region=…&lock=governance`."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from consentry.evidence.stores.folder import FolderStore
from consentry.evidence.stores.types import Store
from consentry.kernel.errors import Malformed, Unavailable

_PARTS = frozenset({"endpoint", "region", "lock"})
_MODES = {"compliance": "COMPLIANCE", "governance": "GOVERNANCE"}
_MAX_KEY_BYTES = 4_096


@dataclass(frozen=True, slots=True)
class StoreSaid:
    """What the operator said. `key_file`: two lines, key id and secret (S3 alone); `ca`: file of roots to believe."""

    url: str
    locks: Path
    key_file: Path | None = None
    ca: Path | None = None


def store_of(said: StoreSaid) -> Store:
    """The store; talks to nobody yet. Malformed when the address is not one, Unavailable when something is missing."""
    scheme, _, rest = said.url.partition(":")
    if scheme == "files" and rest.startswith("/") and "?" not in rest:
        return FolderStore(Path(rest), said.locks)
    if scheme == "s3":
        return _s3(said)
    raise Malformed("a store is files:/folder or s3://bucket/prefix?endpoint=…&region=…", kind="store-url")


def _s3(said: StoreSaid) -> Store:
    parts = urlsplit(said.url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    mode = _MODES.get(query.get("lock", "compliance"))
    if not parts.hostname or parts.username or parts.port or not set(query) <= _PARTS or mode is None:
        raise Malformed("an S3 store is s3://bucket/prefix?endpoint=…&region=…&lock=compliance", kind="store-url")
    endpoint = query.get("endpoint", "")
    if endpoint and not endpoint.startswith(("https://", "http://")):
        raise Malformed("the endpoint of a store is an http address", kind="store-url")
    try:
        from consentry.evidence.stores.s3 import Bucket, S3Store
        from consentry.evidence.stores.s3_client import Access, client_of
    except ImportError as error:
        raise Unavailable("a store in S3 needs boto3: install requirements/s3.lock", kind="store") from error
    key_id, secret = _key(said.key_file)
    prefix = parts.path.strip("/")
    bucket = Bucket(parts.netloc, f"{prefix}/" if prefix else "", mode, endpoint)
    return S3Store(client_of(Access(endpoint, query.get("region", "us-east-1"), key_id, secret, said.ca)), bucket)


def _key(path: Path | None) -> tuple[str, str]:
    if path is None:
        raise Unavailable("a store in S3 needs CONSENTRY_STORE_KEY_FILE", kind="store")
    try:
        with path.open("rb") as file:
            lines = file.read(_MAX_KEY_BYTES).decode("ascii").split()
    except (OSError, UnicodeError) as error:
        raise Unavailable(f"the store's key cannot be read from {path}", kind="store") from error
    if len(lines) != 2:
        raise Malformed(f"{path} holds two lines: key id and secret", kind="store-key")
    return lines[0], lines[1]
