"""The pack as PDF (fpdf2). The built-in fonts know Latin letters only; a TrueType font may be given for others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fpdf import FPDF
from fpdf.enums import WrapMode

from exeat.latin import latin
from exeat.ledger.pack import blocks

_LABEL = 52


def pdf(pack: Mapping[str, Any], *, font: Path | None = None) -> bytes:
    """The pack as a PDF file. ``font``: a TrueType font with the letters it needs; without one, a letter outside
    Latin-1 is written as its code, as in [U+4E2D] (the HTML and JSON have it as it is).
    """
    page = FPDF(format="letter")
    page.set_title(f"Export record of shipment {pack['reference']}")
    family = "helvetica"
    if font is not None:
        family = "given"
        page.add_font(family, "", font)
        page.add_font(family, "B", font)

    def said(text: str) -> str:
        return text if font is not None else latin(text)

    page.add_page()
    page.set_font(family, "B", 15)
    page.multi_cell(0, 8, said(f"Export record of shipment {pack['reference']}"), new_x="LMARGIN", new_y="NEXT")
    page.set_font(family, "", 9)
    page.multi_cell(
        0, 5, said(f"Written on {pack['written']} from the ledger of exeat."), new_x="LMARGIN", new_y="NEXT"
    )
    for heading, rows in blocks(pack):
        page.ln(3)
        page.set_font(family, "B", 11)
        page.multi_cell(0, 6, said(heading), new_x="LMARGIN", new_y="NEXT")
        for label, text in rows:
            _row(page, family, said(label), said(text))
    return bytes(page.output())


def _row(page: FPDF, family: str, label: str, text: str) -> None:
    page.set_font(family, "B", 8.5)
    top, number = page.get_y(), page.page_no()
    page.multi_cell(_LABEL, 4.5, label, align="L", new_x="RIGHT", new_y="TOP", wrapmode=WrapMode.CHAR)
    if page.page_no() == number:
        page.set_y(top)
    page.set_x(page.l_margin + _LABEL)
    page.set_font(family, "", 8.5)
    page.multi_cell(0, 4.5, text or " ", align="L", new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.CHAR)
