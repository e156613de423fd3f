"""The custody report as one HTML page: no script, nothing fetched, every text escaped, readable on paper."""

from html import escape

from consentry.evidence.bag.report.facts import Report, Table

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1b1b1f }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100%; table-layout: fixed }
th, td { border-bottom: 1px solid #d5d5dd; padding: .35rem .5rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere }
thead th { background: #f1f1f5 } td.hash { font: 12px/1.4 ui-monospace, monospace }
@media print { body { margin: 0; max-width: none } tr { break-inside: avoid } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def html_page(report: Report) -> bytes:
    """The page, UTF-8."""
    caveat, *reasons = report.caveats
    body = "".join(_table(table) for table in report.tables)
    body += f"<h2>{escape(caveat)}</h2><ul>" + "".join(f"<li>{escape(text)}</li>" for text in reasons) + "</ul>"
    return page(report.language, report.title, body)


def page(language: str, title: str, body: str) -> bytes:
    """A whole page around `body`, which is HTML already."""
    head = f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8">'
    head += f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    head += f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    return f"{head}<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>\n".encode()


def _table(table: Table) -> str:
    whole = sum(table.widths)
    columns = "".join(f'<col style="width:{100 * width // whole}%">' for width in table.widths)
    titles = "".join(f'<th scope="col">{escape(text)}</th>' for text in table.columns)
    head = f"<thead><tr>{titles}</tr></thead>" if titles else ""
    rows = "".join(f"<tr>{_row(row, facts=not titles)}</tr>" for row in table.rows)
    return f"<h2>{escape(table.heading)}</h2><table><colgroup>{columns}</colgroup>{head}<tbody>{rows}</tbody></table>"


def _row(row: tuple[str, ...], *, facts: bool) -> str:
    cells = [f"<td{_kind(text)}>{escape(text)}</td>" for text in row]
    if facts:
        cells[0] = f'<th scope="row">{escape(row[0])}</th>'
    return "".join(cells)


def _kind(text: str) -> str:
    return ' class="hash"' if len(text) == 64 and " " not in text else ""
