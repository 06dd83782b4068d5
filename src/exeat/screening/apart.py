"""A word that is none, read as several written together."""

from __future__ import annotations

from exeat.screening.near import NearWords
from exeat.screening.words import Word, known_words, silent_words


def taken_apart(word: Word, vocabulary: NearWords) -> list[Word] | None:
    """The fewest known words that make up this one, each of three letters or more save legal forms."""
    text = word.surface
    if not 5 <= len(text) <= 120:
        return None
    known, silent, listed = known_words(), silent_words(), vocabulary.words
    best: list[tuple[float, int] | None] = [None] * (len(text) + 1)
    best[0] = (0.0, 0)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - 24), end):
            held = best[start]
            if held is None:
                continue
            piece = text[start:end]
            plain = piece not in known and piece not in silent
            if plain and piece not in listed:
                continue
            # Few and long pieces: each costs one, short ones more unless the table knows them.
            cost = held[0] + 1 + ((3.5, 3.0, 1.5, 0.4)[len(piece) - 1] if plain and len(piece) < 5 else 0)
            if not plain and len(piece) < 3:
                cost += 1.0
            now = best[end]
            if now is None or cost < now[0]:
                best[end] = (cost, start)
    if best[-1] is None:
        return None
    pieces: list[Word] = []
    end = len(text)
    while end:
        held = best[end]
        assert held is not None
        piece = text[held[1] : end]
        pieces.append(known.get(piece) or Word(piece, piece, "plain"))
        end = held[1]
    return pieces[::-1] if len(pieces) > 1 else None
