"""A file that is too large for one request goes in parts. S3 then keeps no SHA-256 of the whole: it is read back."""

import base64
import contextlib
import hashlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from consentry.evidence.stores.s3_client import answers
from consentry.evidence.stores.types import FileSaid
from consentry.kernel.errors import ConsentryError, LimitReached, Untrusted
from consentry.kernel.limits import MAX_S3_PARTS

# One part is in memory at a time; ten thousand of them are 640 GB.
PART_BYTES = 67_108_864


# Any: boto3 makes its clients at run time.
def put_in_parts(client: Any, one: dict[str, str], said: FileSaid, file: BinaryIO, kept: dict[str, object]) -> None:
    """Put `file` at `one` (bucket and key) with the lock `kept`, unless something lies there.

    Raises:
        Untrusted: other bytes came than said; then nothing is left. LimitReached: too many parts.
        As `answers`; what was begun is given up, so that it costs nothing.
    """
    if said.size_bytes > PART_BYTES * MAX_S3_PARTS:
        raise LimitReached("this file has too many parts for S3", kind="store-size")
    with answers():
        begun = client.create_multipart_upload(
            **one, ContentType="application/octet-stream", ChecksumAlgorithm="SHA256", **kept
        )
    upload = {**one, "UploadId": begun["UploadId"]}
    try:
        with answers():
            parts = list(_send(client, upload, said, file))
            client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*")
    except ConsentryError:
        with contextlib.suppress(ConsentryError), answers():
            client.abort_multipart_upload(**upload)
        raise


def _send(client: Any, upload: dict[str, str], said: FileSaid, file: BinaryIO) -> Iterator[dict[str, object]]:
    whole, number = hashlib.sha256(), 0
    while piece := file.read(PART_BYTES):
        number += 1
        whole.update(piece)
        sha256 = base64.b64encode(hashlib.sha256(piece).digest()).decode()
        sent = client.upload_part(**upload, PartNumber=number, Body=piece, ChecksumSHA256=sha256)
        yield {"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": sha256}
    if whole.hexdigest() != said.sha256:
        raise Untrusted("these are not the bytes that were said", kind="store-hash")
