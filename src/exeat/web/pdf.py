"""A memo as PDF (fpdf2). The built-in fonts know Latin letters only; any other letter is written as its code."""

from __future__ import annotations

from fpdf import FPDF
from fpdf.enums import WrapMode

from exeat.latin import latin
from exeat.web.memo import Memo, Row

_LABEL, _STEP, _LINE = 40, 5, 4.4  # millimeters


class _Page(FPDF):
    """A letter page with its number and the law's digest at the foot."""

    seal = ""

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font("helvetica", "", 7)
        self.cell(0, 4, plain(f"{self.seal}    page {self.page_no()} of {{nb}}"), align="C")


def pdf(memo: Memo) -> bytes:
    """The memo as a PDF file. A letter outside Latin-1 is written as its code, as in [U+4E2D]."""
    page = _Page(format="letter")
    page.set_title(plain(memo.title))
    page.set_lang("en-US")
    page.set_auto_page_break(True, margin=16)
    seals = {row.label: row.text for part in memo.parts for row in part.rows if part.heading == "Law and engine"}
    page.seal = f"law {seals.get('law (SHA-256)', '')[:16]}, {seals.get('engine', '')}"
    page.add_page()
    _line(page, memo.title, size=14, bold=True)
    for text in (*memo.drafts, *memo.asked):
        _line(page, text, size=9.5)
    for part in memo.parts:
        if page.get_y() > page.h - 40:
            page.add_page()
        page.ln(2.5)
        _line(page, part.heading, size=10.5, bold=True)
        for row in part.rows:
            _row(page, row)
    page.ln(4)
    _line(page, memo.foot, size=8)
    return bytes(page.output())


def _line(page: FPDF, text: str, *, size: float, bold: bool = False) -> None:
    page.set_font("helvetica", "B" if bold else "", size)
    page.multi_cell(0, size * 0.5, plain(text), align="L", new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.WORD)


def _row(page: FPDF, row: Row) -> None:
    if page.will_page_break(2 * _LINE):
        page.add_page()  # a label stays with the beginning of its text
    inset = page.l_margin + _STEP * row.depth
    page.set_font("helvetica", "B", 8)
    if row.label:
        # A label longer than its column stands on a line of its own.
        label = plain(row.label)
        width = _LABEL if row.depth == 0 else 18
        page.set_x(inset)
        if page.get_string_width(label) > width - 2:
            page.multi_cell(0, _LINE, label, align="L", new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.CHAR)
            page.set_x(inset + _STEP)
        else:
            page.cell(width, _LINE, label)
    else:
        page.set_x(inset)
    page.set_font("helvetica", "", 8)
    left = page.get_x()
    page.multi_cell(page.w - page.r_margin - left, _LINE, plain(row.text) or " ", align="L", new_x="LMARGIN",
                    new_y="NEXT", wrapmode=WrapMode.CHAR if " " not in row.text else WrapMode.WORD)  # fmt: skip


def plain(text: str) -> str:
    """The text in Latin-1, on one line: a memo's row holds no control signs."""
    return "".join(sign if sign >= " " else " " for sign in latin(text))
