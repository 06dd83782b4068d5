"""A word that is none, read as several written together."""

from __future__ import annotations

from exeat.screening.near import NearWords
from exeat.screening.words import Word, known_words, silent_words

#: Longest piece, in letters, and how many letters a beginning has: few beginnings are any word's.
LONGEST_PIECE = 24
BEGINNING = 4


def taken_apart(word: Word, vocabulary: NearWords) -> list[Word] | None:
    """The fewest known words that make up this one, each of three letters or more save legal forms."""
    text = word.surface
    if not 5 <= len(text) <= 120:
        return None
    known, silent, listed = known_words(), silent_words(), vocabulary.words
    short, beginnings = vocabulary.pieces or _pieces(vocabulary)
    best: list[tuple[float, int] | None] = [None] * (len(text) + 1)
    best[0] = (0.0, 0)
    for start in range(len(text)):
        held = best[start]
        if held is None:
            continue
        begun = text[start : start + BEGINNING] in beginnings
        for end in range(start + 1, min(len(text), start + (LONGEST_PIECE if begun else BEGINNING - 1)) + 1):
            piece = text[start:end]
            # Few and long pieces: each costs one, short ones more unless the table knows them.
            if end - start < BEGINNING:
                more = short.get(piece)
                if more is None:
                    continue
            elif piece in known or piece in silent:
                more = 0.0
            elif piece in listed:
                more = 0.4 if len(piece) == BEGINNING else 0.0
            else:
                continue
            cost = held[0] + 1 + more
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


def _pieces(vocabulary: NearWords) -> tuple[dict[str, float], frozenset[str]]:
    """What a piece of one to three letters costs above one, and the beginnings of longer words; made once."""
    table = (*known_words(), *silent_words())
    short = {word: (3.5, 3.0, 1.5)[len(word) - 1] for word in vocabulary.words if 0 < len(word) < BEGINNING}
    short.update((word, 1.0 if len(word) < 3 else 0.0) for word in table if len(word) < BEGINNING)
    beginnings = frozenset([word[:BEGINNING] for word in (*vocabulary.words, *table) if len(word) >= BEGINNING])
    vocabulary.pieces = short, beginnings
    return vocabulary.pieces
