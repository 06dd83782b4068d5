"""A name as words: cleaned, in Latin letters, each word with its kind (legal form, place, branch, generic, number)."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from exeat.screening.errors import ScreeningError, UnusableName

#: Longest name taken, in characters and in words. Listed names have up to 350; none may stall a batch.
MAX_CHARACTERS = 1_000
MAX_WORDS = 80

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_DOTTED = re.compile(r"\b(?:[a-z]\.\s?){2,}")
_ORDINAL = re.compile(r"\b(\d+)(?:st|nd|rd|th|e|i|y|go)\b")
_NO_NUMBER = re.compile(r"\b(?:no|nr|num|number)\b[.\s]*(?=\d)")
_DIGIT = re.compile(r"\d")
_TOKEN = re.compile(r"[a-z]+|\d+")
_QUOTES = str.maketrans("", "", "'\"`´’‘ʼʻ“”«»")


class Word(NamedTuple):
    """One word (or one phrase of the table): as written, what it counts as, and its kind.

    ``key`` is the word itself, or ``=technology`` for every form of that row of ``words.csv``. Two words with one key
    are the same word to the index. ``kind`` is one of plain, generic, place, branch, legal, number.
    """

    surface: str
    key: str
    kind: str


@cache
def _table() -> tuple[dict[str, Word], dict[str, list[tuple[tuple[str, ...], Word]]], frozenset[str]]:
    """Single words, phrases by first word (longest first), and words that say nothing, from ``words.csv``."""
    single: dict[str, Word] = {}
    phrases: dict[str, list[tuple[tuple[str, ...], Word]]] = {}
    silent: set[str] = set()
    with (files("exeat.screening") / "words.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for form in row["forms"].split("|"):
                parts = tuple(form.split())
                if row["kind"] == "stop":
                    silent.add(form)
                    continue
                word = Word(form, "=" + row["key"], row["kind"])
                if len(parts) == 1:
                    single.setdefault(form, word)
                else:
                    phrases.setdefault(parts[0], []).append((parts, word))
    # The parts of a legal form out of their order ("COMPANY LIABILITY LIMITED") still say only that.
    for parts, _ in [pair for held in phrases.values() for pair in held if pair[1].kind == "legal"]:
        for part in parts:
            if len(part) > 1 and part not in silent:
                single.setdefault(part, Word(part, "=" + part, "legal"))
    for candidates in phrases.values():
        candidates.sort(key=lambda pair: -len(pair[0]))
    return single, phrases, frozenset(silent)


def silent_words() -> frozenset[str]:
    """Words that say nothing: articles and prepositions of several languages, single letters among them."""
    return _table()[2]


def known_words() -> dict[str, Word]:
    """Every single word of the table, by its written form."""
    return _table()[0]


@cache
def _chinese_terms() -> tuple[re.Pattern[str], dict[str, str]]:
    terms: dict[str, str] = {}
    with (files("exeat.screening") / "chinese_terms.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            terms[row["characters"]] = row["english"]
    pattern = re.compile("|".join(sorted(terms, key=len, reverse=True)))
    return pattern, terms


@cache
def _plain_unless() -> frozenset[str]:
    """Every word the table says anything of; a word of letters that is none of them is plain."""
    single, phrases, silent = _table()
    return frozenset((*single, *phrases, *silent, *_torn()))


@cache
def _torn() -> dict[str, tuple[str, Word]]:
    """For places of two words: each word to its other half."""
    halves: dict[str, tuple[str, Word]] = {}
    for candidates in _table()[1].values():
        for parts, word in candidates:
            if word.kind == "place" and len(parts) == 2:
                halves.setdefault(parts[0], (parts[1], word))
                halves.setdefault(parts[1], (parts[0], word))
    return halves


class Cleaned(NamedTuple):
    """A name in small Latin letters. ``notes`` say what was taken out; ``split`` is a second reading of Chinese names,
    every syllable a word of its own.
    """

    text: str
    notes: tuple[str, ...] = ()
    split: str = ""


def has_chinese(name: str) -> bool:
    """Whether a name holds Chinese characters."""
    return not name.isascii() and _HAN.search(name) is not None


def shown(name: str) -> str:
    """The start of a name for a message: signs that do not show, or turn the line around, are replaced."""
    return repr("".join(c if c.isprintable() else "?" for c in name[:40]))


def clean(name: str, longest: int = MAX_CHARACTERS) -> Cleaned:
    """A printed name in small Latin letters.

    Control characters, direction marks and other invisible characters are removed and the removal is noted: they are
    how a name is made to look like another.

    Raises:
        UnusableName: the name is longer than ``longest`` characters.
    """
    if len(name) > longest:
        raise UnusableName(
            f"the name has {len(name):,} characters, beginning {shown(name)}; at most {longest:,} are screened"
        )
    if name.isascii() and name.isprintable():
        return Cleaned(name.lower())
    notes: list[str] = []
    text = unicodedata.normalize("NFKC", name)
    kept = []
    removed = 0
    # A text that shows in full holds none of the categories below, and need not be taken letter by letter.
    for character in "" if text.isprintable() else text:
        category = unicodedata.category(character)
        if category in ("Cf", "Cc", "Cs", "Co", "Cn"):
            if character in "\t\n\r\v\f\x1c\x1d\x1e\x85":
                kept.append(" ")
            else:
                removed += 1
        else:
            kept.append(character)
    if removed:
        notes.append(f"{removed} control or invisible character{'s' if removed > 1 else ''} removed")
    if kept or removed:
        text = "".join(kept)
    split = ""
    if _HAN.search(text):
        notes.append("Chinese characters read as pinyin")
        joined, split = _from_chinese(text)
        text = joined
    ascii_text = _latin(text).lower()
    return Cleaned(ascii_text, tuple(notes), _latin(split).lower() if split else "")


def _latin(text: str) -> str:
    if text.isascii():
        return text
    try:
        from anyascii import anyascii
    except ImportError:
        raise ScreeningError(
            "names in other scripts need the 'screening' extra: pip install 'exeat[screening]'"
        ) from None
    return str(anyascii(text))


def _from_chinese(text: str) -> tuple[str, str]:
    """Two readings: what the table does not translate as joined pinyin, and as one word for each syllable."""
    try:
        from pypinyin import lazy_pinyin
    except ImportError:
        raise ScreeningError("Chinese names need the 'screening' extra: pip install 'exeat[screening]'") from None
    pattern, terms = _chinese_terms()
    english = pattern.sub(lambda found: f" {terms[found.group()]} ", text)
    syllables = {run: lazy_pinyin(run) for run in set(_HAN.findall(english))}
    joined = _HAN.sub(lambda found: " " + "".join(syllables[found.group()]) + " ", english)
    split = _HAN.sub(lambda found: " " + " ".join(syllables[found.group()]) + " ", english)
    return joined, split


def tokens(text: str) -> list[str]:
    """The bare words and numbers of a cleaned text. ``S.A.`` is one word, ``54th`` is 54, ``&`` is nothing."""
    text = text.translate(_QUOTES)
    if "." in text:
        text = _DOTTED.sub(lambda found: found.group().replace(".", "").replace(" ", "") + " ", text)
    if _DIGIT.search(text):
        text = _NO_NUMBER.sub(" ", _ORDINAL.sub(r"\1 ", text))
    return _TOKEN.findall(text)


def words_of(text: str, most: int = MAX_WORDS) -> tuple[Word, ...]:
    """The words of a cleaned text that say something, phrases of the table taken together.

    Raises:
        UnusableName: more than ``most`` words.
    """
    found = tokens(text)
    if len(found) > most:
        raise UnusableName(f"the name has {len(found)} words, beginning {shown(text)}; at most {most} are screened")
    words = tuple(_grouped(found))
    if not words and found:
        # A name made only of words that say nothing ("The A", "I") is still a name.
        words = tuple(Word(token, token, "plain") for token in found)
    return words


def _grouped(found: Sequence[str]) -> Iterable[Word]:
    single, phrases, silent = _table()
    torn_words, told = _torn(), _plain_unless()
    at = 0
    found = list(found)
    while at < len(found):
        token = found[at]
        if token not in told and not token[0].isdigit():
            at += 1
            yield Word(token, token, "plain")
            continue
        for parts, word in phrases.get(token, ()):
            if tuple(found[at : at + len(parts)]) == parts:
                yield word
                at += len(parts)
                break
        else:
            at += 1
            known = single.get(token)
            torn = torn_words.get(token)
            if torn is not None and torn[0] in found[at:]:
                # "HONG OCEAN BLUE KONG": the place is there, torn apart by a swap of words.
                found.pop(at + found[at:].index(torn[0]))
                yield torn[1]
            elif known is not None:
                yield known
            elif token[0].isdigit():
                yield Word(token, token.lstrip("0") or "0", "number")
            elif token not in silent:
                yield Word(token, token, "plain")


_PRINTED_MORE = re.compile(r"[(\[;]|thereof|subsidiar|subordinate|affiliated|[ak]\.?\s?a\.?\b|known as", re.IGNORECASE)
_PARENTHESES = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_PROSE = re.compile(
    r"[;,.]?\s*(?:and|or)?\s*(?:any|all|its|and)\s+(?:of its\s+)?(?:successors?|sub-?units?|subsidiar\w+|affiliates?)"
    r"[^;]*?thereof.*$|[.;]\s*affiliated entit\w*:.*$|,?\s*and all (?:its )?(?:subordinate|subsidiar).*$",
    re.IGNORECASE,
)
_ALSO = re.compile(
    r"[,;(\s]+(?:a\.?\s?k\.?\s?a\.?|f\.?k\.?a\.?|also known as|formerly known as|d\.?b\.?a\.?)[,:\s]+", re.IGNORECASE
)
_ACRONYM = re.compile(r"^[A-Z][A-Z0-9&.-]{2,9}$")


def readings(printed: str) -> list[tuple[str, bool]]:
    """The names inside one printed name of a list: ``(text, short)``, where ``short`` marks an acronym in brackets.

    Lists carry prose in names ("and any successor ... thereof", "(CSSC) 724th Research Institute", "a.k.a. ...").
    """
    if not _PRINTED_MORE.search(printed):
        return [(printed, False)]
    found: list[tuple[str, bool]] = []
    for part in _ALSO.split(_PROSE.sub("", printed)):
        part = part.strip(" ;,")
        if not part:
            continue
        inside = _PARENTHESES.findall(part)
        if not inside:
            found.append((part, False))
            continue
        without = _PARENTHESES.sub(" ", part).strip(" ;,")
        if without:
            found.append((without, False))
        found.append((part, False))
        last = inside[-1].strip()
        if part.rstrip(" .;").endswith((")", "]")) and _ACRONYM.match(last):
            found.append((last, True))
    return found or [(printed, False)]
