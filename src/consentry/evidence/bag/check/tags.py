"""The BagIt layer (RFC 8493): every file is listed once with its SHA-256, and nothing lies there unlisted."""

import hashlib
import re
from dataclasses import dataclass

from consentry.evidence.bag.check.fault import need, within
from consentry.evidence.bag.check.sources import Source, is_safe_name, read_whole
from consentry.kernel.limits import MAX_BAG_LIST_BYTES

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD_LIST, TAG_LIST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
SEAL, SEAL_PROOF, ITEM_PROOF, SEAL_STAMP = "seal.json", "seal.tlog-proof", "item.tlog-proof", "seal.tsr"
# What is made after the tag manifest, and holds by its own signatures.
SELF_PROVEN = frozenset({SEAL, SEAL_PROOF, ITEM_PROOF, SEAL_STAMP})
TAG_FILES = frozenset({"bagit.txt", "bag-info.txt", "README.txt", "verify.py", PAYLOAD_LIST})
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_MAX_TAG_BYTES = 1_048_576


@dataclass(frozen=True)
class Listing:
    """What the bag lists: SHA-256 (hex) of every payload file, the bytes of the tag manifest, what bag-info says."""

    payload: dict[str, str]
    tag_list: bytes
    info: dict[str, str]


def read_listing(source: Source) -> Listing:
    """The listing, whose files are exactly those that are there, tag files already hashed; BagFault (bag)."""
    with within("bag"):
        need("bag", read_whole(source, "bagit.txt", 1_000) == DECLARATION, "bagit.txt is another one")
        tag_list = read_whole(source, TAG_LIST, MAX_BAG_LIST_BYTES)
        tags = _parse_list(tag_list)
        need("bag", set(tags) == TAG_FILES, f"{TAG_LIST} lists other files than a bag has")
        payload_list = read_whole(source, PAYLOAD_LIST, MAX_BAG_LIST_BYTES)
        payload = _parse_list(payload_list)
        need("bag", all(name.startswith("data/") for name in payload), f"{PAYLOAD_LIST} lists what is no payload")
        listed = set(payload) | TAG_FILES | {TAG_LIST} | SELF_PROVEN
        for name in sorted(set(source.sizes) - listed):
            need("bag", False, f"{name} is in no list: it was put there later")
        for name in sorted((set(payload) | TAG_FILES) - set(source.sizes)):
            need("bag", False, f"{name} is missing")
        info = _parse_info(read_whole(source, "bag-info.txt", _MAX_TAG_BYTES))
        return Listing(payload, tag_list, info)


def check_tag_files(source: Source, listing: Listing) -> None:
    """BagFault (bag) unless the tag files are those of the tag manifest."""
    for name, sha256 in _parse_list(listing.tag_list).items():
        found = hashlib.sha256(read_whole(source, name, MAX_BAG_LIST_BYTES)).hexdigest()
        need("bag", found == sha256, f"{name} was changed: its SHA-256 is not the one that was recorded")


def check_count(source: Source, listing: Listing) -> None:
    """BagFault (bag) unless bag-info.txt counts the payload's bytes and files as they are."""
    oxum = f"{sum(source.sizes[name] for name in listing.payload)}.{len(listing.payload)}"
    need("bag", listing.info.get("Payload-Oxum") == oxum, "bag-info.txt counts other files or bytes")


def _parse_list(raw: bytes) -> dict[str, str]:
    text = raw.decode("ascii")
    need("bag", text.endswith("\n"), "a list of files is cut")
    found: dict[str, str] = {}
    for line in text[:-1].split("\n"):
        match = _LINE.fullmatch(line)
        need("bag", match is not None, "a line in a list of files is none")
        sha256, name = match.groups() if match else ("", "")
        need("bag", is_safe_name(name), f"{name[:200]!r} is no name that a bag may hold")
        need("bag", name not in found, f"{name} is listed twice")
        found[name] = sha256
    return found


def _parse_info(raw: bytes) -> dict[str, str]:
    text = raw.decode()
    need("bag", text.endswith("\n"), "bag-info.txt is cut")
    pairs = [line.partition(": ") for line in text[:-1].split("\n")]
    info = {label: value for label, _, value in pairs}
    need(
        "bag", len(info) == len(pairs) and all(gap for _, gap, _ in pairs), "bag-info.txt says something twice or badly"
    )
    return info
