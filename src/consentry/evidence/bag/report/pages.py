"""Writes all that people read in a bag."""

from consentry.evidence.bag.check.item_form import ItemForm
from consentry.evidence.bag.check.verdict import CUSTODY_FOLDER
from consentry.evidence.bag.report.case import case_graph
from consentry.evidence.bag.report.certificate import TITLE, certificate_words
from consentry.evidence.bag.report.facts import report_of
from consentry.evidence.bag.report.html import html_page
from consentry.evidence.bag.report.pdf import pdf_report, pdf_words
from consentry.evidence.bag.report.words import say
from consentry.evidence.bag.shelf import Shelf
from consentry.evidence.bag.types import LANGUAGES, BagItem, ExportOrder


def write_reports(shelf: Shelf, form: ItemForm, item: BagItem, order: ExportOrder) -> None:
    """The custody report in three forms, the draft certificate, and `README.txt` in all languages."""
    report = report_of(form, item, order)
    shelf.put(f"{CUSTODY_FOLDER}report.html", html_page(report))
    shelf.put(f"{CUSTODY_FOLDER}report.pdf", pdf_report(report))
    shelf.put(f"{CUSTODY_FOLDER}case.jsonld", case_graph(form, item))
    shelf.put(f"{CUSTODY_FOLDER}certificate-draft.pdf", pdf_words(TITLE, certificate_words(form, item, order)))
    shelf.put("README.txt", _readme(order.language))


def _readme(language: str) -> bytes:
    first = [language, *(one for one in LANGUAGES if one != language)]
    keys = ("readme.what", "readme.inside", "readme.check", "readme.forged")
    return "\n\n".join("\n".join(say(key, one) for key in keys) for one in first).encode() + b"\n"
