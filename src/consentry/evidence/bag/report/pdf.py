"""The custody report and the draft certificate as PDF (reportlab), with an embedded font that has the letters of French
and Spanish. `invariant`: the same report makes the same bytes.

The font is Bitstream Vera as it comes with reportlab. A letter that it lacks is shown as `?`; the HTML page has it.
"""

import io
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from consentry.evidence.bag.report.facts import Report, Table
from consentry.evidence.bag.report.words import say

_MARGIN_PT = 16 * mm
# Laying out a row takes 10 ms: the page on screen has all, the paper the first so many of each table.
MAX_ROWS = 1_000
_PLAIN, _BOLD = "ConsentryVera", "ConsentryVeraBold"
_TEXT = ParagraphStyle("text", fontName=_PLAIN, fontSize=8, leading=11, wordWrap="CJK")
_WORDS = ParagraphStyle("words", parent=_TEXT, fontSize=9, leading=13, spaceAfter=5, wordWrap=None)
_TITLE = ParagraphStyle("title", fontName=_BOLD, fontSize=15, leading=19, spaceAfter=8)
_HEADING = ParagraphStyle("heading", fontName=_BOLD, fontSize=10.5, leading=14, spaceBefore=10, spaceAfter=4)
_STRONG = ParagraphStyle("strong", parent=_TEXT, fontName=_BOLD, wordWrap=None)


def pdf_report(report: Report) -> bytes:
    """The report as PDF, A4."""
    flow: list[Flowable] = []
    for table in report.tables:
        flow += [_say(table.heading, _HEADING), _table(table)]
        left = len(table.rows) - MAX_ROWS
        flow += [_say(f"{say('more', report.language)} {left}", _WORDS)] if left > 0 else []
    caveat, *reasons = report.caveats
    flow += [_say(caveat, _HEADING), *(_say(f"– {text}", _WORDS) for text in reasons)]
    return _document(report.title, flow)


def pdf_words(title: str, paragraphs: Sequence[str]) -> bytes:
    """A page of paragraphs as PDF, A4."""
    return _document(title, [_say(text, _WORDS) for text in paragraphs])


def _document(title: str, flow: list[Flowable]) -> bytes:
    _fonts()
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file, pagesize=A4, title=title, author="Consentry", invariant=1, leftMargin=_MARGIN_PT, rightMargin=_MARGIN_PT,
        topMargin=_MARGIN_PT, bottomMargin=_MARGIN_PT,
    )  # fmt: skip
    document.build([_say(title, _TITLE), Spacer(1, 2 * mm), *flow], onFirstPage=_foot, onLaterPages=_foot)
    return file.getvalue()


def _table(table: Table) -> Flowable:
    width = A4[0] - 2 * _MARGIN_PT - 12
    parts = [width * part / sum(table.widths) for part in table.widths]
    rows = [[_say(text, _TEXT) for text in row] for row in table.rows[:MAX_ROWS]]
    if not table.columns:
        for shown, row in zip(rows, table.rows, strict=False):
            shown[0] = _say(row[0], _STRONG)
    head = [[_say(text, _STRONG) for text in table.columns]] if table.columns else []
    made = LongTable(head + rows, colWidths=parts, repeatRows=len(head))
    made.setStyle(TableStyle([
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#d5d5dd")),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        *([("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#f1f1f5"))] if head else []),
    ]))  # fmt: skip
    return made


def _say(text: str, style: ParagraphStyle) -> Paragraph:
    known = _fonts()
    return Paragraph(escape("".join(one if ord(one) in known else "?" for one in text)), style)


def _foot(canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont(_PLAIN, 7)
    canvas.drawRightString(A4[0] - _MARGIN_PT, 9 * mm, str(document.page))


@cache
def _fonts() -> frozenset[int]:
    """Make the fonts known to reportlab; the code points that they have."""
    folder = Path(reportlab.__file__).parent / "fonts"
    plain = TTFont(_PLAIN, str(folder / "Vera.ttf"))
    registerFont(plain)
    registerFont(TTFont(_BOLD, str(folder / "VeraBd.ttf")))
    return frozenset(plain.face.charToGlyph) | {ord("\n")}
