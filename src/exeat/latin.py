"""Texts for the built-in fonts of a PDF, which know Latin letters only."""

from __future__ import annotations

import unicodedata

_LIKE = {"–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "≥": ">=", "≤": "<=", "→": "->"}


def latin(text: str) -> str:
    """The text in Latin-1: signs by their likeness, letters without their marks, all others as their code."""
    written = []
    for sign in text:
        sign = _LIKE.get(sign, sign)
        try:
            sign.encode("latin-1")
        except UnicodeEncodeError:
            bare = unicodedata.normalize("NFKD", sign).encode("latin-1", "ignore").decode("latin-1")
            sign = bare or f"[U+{ord(sign):04X}]"
        written.append(sign)
    return "".join(written)
