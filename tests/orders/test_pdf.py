"""A document is a plain PDF: whole, small, and without anything that acts."""

import zlib

import pytest
from tests.orders.stage import PDF

from consentry.kernel.errors import ConsentryError
from consentry.kernel.limits_residents import MAX_ORDER_DOCUMENT_BYTES, MAX_ORDER_INFLATED_BYTES
from consentry.orders.pdf import check_pdf


def with_object(text: bytes) -> bytes:
    return PDF.replace(b"trailer", b"4 0 obj\n" + text + b"\nendobj\ntrailer")


def with_stream(head: bytes, body: bytes) -> bytes:
    return with_object(b"<<" + head + b"/Length %d>>\nstream\n" % len(body) + body + b"\nendstream")


def test_a_plain_pdf_passes_also_with_packed_objects_and_pictures() -> None:
    check_pdf(PDF)
    check_pdf(with_stream(b"/Type/ObjStm/Filter/FlateDecode", zlib.compress(b"5 0 <</Type/Annot>>")))
    check_pdf(with_stream(b"/Filter/DCTDecode", b"\xff\xd8\xff\xe0 a picture"))


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (b"", "document-type"),
        (b"<html><script>alert(1)</script></html>", "document-type"),
        (b"MZ" + PDF, "document-type"),
        (b"\n" + PDF, "document-type"),
        (PDF[:-8], "document-type"),
        (PDF + b"x" * 4_000, "document-type"),
        (with_object(b"<</S/JavaScript/JS(app.alert(1))>>"), "document-acts"),
        (with_object(b"<</S/J#61vaScript>>"), "document-acts"),
        (with_object(b"<</S/Launch/F(cmd.exe)>>"), "document-acts"),
        (with_object(b"<</Type/EmbeddedFile>>"), "document-acts"),
        (with_object(b"<</XFA 5 0 R>>"), "document-acts"),
        (PDF.replace(b"/Root", b"/Encrypt 9 0 R/Root"), "document-acts"),
        (with_stream(b"/Type/ObjStm/Filter/FlateDecode", zlib.compress(b"<</S/JavaScript>>")), "document-acts"),
        (with_stream(b"/Type/ObjStm/Filter/ASCIIHexDecode", b"3c3c2f4a533e3e>"), "document-acts"),
        (with_stream(b"/Filter/FlateDecode", b"stream\n" + zlib.compress(b"<</JS()>>")), "document-acts"),
        (PDF + b" " * MAX_ORDER_DOCUMENT_BYTES, "document-large"),
        (with_stream(b"", zlib.compress(bytes(MAX_ORDER_INFLATED_BYTES + 10))), "document-large"),
        (with_stream(b"", zlib.compress(bytes(40 << 20))) + with_stream(b"", zlib.compress(bytes(40 << 20))),
         "document-large"),
    ],
)  # fmt: skip
def test_what_acts_or_is_no_pdf_is_refused(document: bytes, kind: str) -> None:
    with pytest.raises(ConsentryError) as refused:
        check_pdf(document)
    assert refused.value.kind == kind


def test_many_fake_streams_are_read_once_each() -> None:
    with pytest.raises(ConsentryError):
        check_pdf(with_object(b"stream\n" * 500_000))
    check_pdf(with_object(b"stream\nx endstream\n" * 200_000))
