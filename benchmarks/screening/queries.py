"""The test set: names made from a CSL file by a seeded script, in classes, and invented firms that must not hit.

    python -m benchmarks.screening.queries CSL.csv OUT.csv [--seed N] [--per-class N] [--invented N]

Columns of OUT.csv: class, query, name (the listed name it was made from), country. For ``invented`` name is empty.
A query counts as found when any entry that bears ``name`` is among the hits at the threshold.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.screening import invented as inventions

CLASSES = (
    "exact", "case and punctuation", "typo", "two words swapped", "rotated", "legal form changed", "word dropped",
    "words joined", "branch added", "pinyin against characters", "acronym with alias",
)  # fmt: skip
LEGAL = {
    "ltd", "limited", "co", "company", "corp", "corporation", "inc", "incorporated", "llc", "llp", "gmbh", "ag", "sa",
    "sas", "srl", "sarl", "spa", "bv", "nv", "plc", "pte", "pvt", "pty", "fze", "fzco", "fzc", "jsc", "ojsc", "cjsc",
    "pjsc", "ooo", "oao", "ao", "zao", "pao", "oy", "ab", "as", "bhd", "sdn", "kk", "dmcc", "ood", "eood", "doo",
    "private", "joint", "stock", "liability", "obshchestvo", "s", "ogranichennoi", "otvetstvennostyu", "ltda",
}  # fmt: skip
NEW_LEGAL = ("Co., Ltd.", "LLC", "Inc.", "GmbH", "Limited", "Corp.", "JSC", "Pte. Ltd.", "FZE", "S.A.", "OOO", "Ltd")
BRANCH = (
    "{} Shanghai Branch", "{} - Dubai Branch", "{} (Hong Kong) Branch", "{} Moscow Representative Office",
    "{} Singapore Branch", "{}, Istanbul Branch Office", "{} Beijing Branch", "{} Branch", "{} Shenzhen Subsidiary",
    "{} Frankfurt Sales Office",
)  # fmt: skip
CHINESE_LEGAL = {"co ltd": "有限公司", "company limited": "有限公司", "limited": "有限公司", "ltd": "有限公司",
                 "corporation": "公司", "company": "公司", "co": "公司", "inc": "公司", "llc": "有限公司"}  # fmt: skip


class Query(NamedTuple):
    """One line of the test set."""

    kind: str
    query: str
    name: str
    country: str


def _words(name: str) -> list[str]:
    return [w for w in re.split(r"\s+", name.strip()) if w]


def _bare(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.casefold())


def _content(name: str) -> list[str]:
    return [w for w in _words(name) if _bare(w) and _bare(w) not in LEGAL]


def exact(name: str, dice: random.Random) -> str | None:
    """The printed name."""
    return name


def case_and_punctuation(name: str, dice: random.Random) -> str | None:
    """Other case; hyphens, commas, dots, quotes and brackets lost or turned to blanks."""
    name = dice.choice([str.lower, str.upper, str.title, str.swapcase])(name)
    lost = dice.choice(["", " "])
    made = re.sub(r"[-‐–/]", " " if dice.random() < 0.7 else "-", name)
    made = re.sub(r"['\"’`]", "", made)
    return " ".join(re.sub(r"[.,;:()\[\]]", lost, re.sub(r"[,;(]\s*", " ", made)).split())


def _one_typo(name: str, dice: random.Random) -> str | None:
    places = [m for m in re.finditer(r"[A-Za-z]{4,}", name) if m.group().casefold() not in LEGAL]
    if not places:
        return None
    word = dice.choice(places)
    at = dice.randrange(word.start() + 1, word.end() - 1)
    letter = dice.choice("abcdefghijklmnoprstuvy")
    if name[at].isupper():
        letter = letter.upper()
    kind = dice.choice("sidt")
    if kind == "s":
        return name[:at] + letter + name[at + 1 :]
    if kind == "i":
        return name[:at] + letter + name[at:]
    if kind == "d":
        return name[:at] + name[at + 1 :]
    return name[:at] + name[at + 1] + name[at] + name[at + 2 :]


def typo(name: str, dice: random.Random) -> str | None:
    """One slip of the pen inside a word of four letters or more; two slips in a third of the names over 12 letters."""
    made = _one_typo(name, dice)
    if made and len(name) > 12 and dice.random() < 1 / 3:
        made = _one_typo(made, dice)
    return made if made and made.casefold() != name.casefold() else None


def swapped(name: str, dice: random.Random) -> str | None:
    """Two words change places."""
    words = _words(name)
    if len(words) < 2:
        return None
    i, j = dice.sample(range(len(words)), 2)
    words[i], words[j] = words[j], words[i]
    return " ".join(words)


def rotated(name: str, dice: random.Random) -> str | None:
    """The first words move to the end."""
    words = _words(name)
    if len(words) < 2:
        return None
    cut = dice.randrange(1, len(words))
    return " ".join(words[cut:] + words[:cut])


def legal_form(name: str, dice: random.Random) -> str | None:
    """The legal form at either end is replaced by another, or left out."""
    words = _words(name)
    while words and _bare(words[-1]) in LEGAL:
        words.pop()
    while words and _bare(words[0]) in LEGAL:
        words.pop(0)
    if not words or len(words) == len(_words(name)):
        return None
    kept = " ".join(words).rstrip(",")
    return kept if dice.random() < 0.25 and len(words) > 1 else f"{kept} {dice.choice(NEW_LEGAL)}"


def dropped(name: str, dice: random.Random) -> str | None:
    """Any one word but the legal form is left out; three or more stay or stayed."""
    words = _words(name)
    content = [i for i, w in enumerate(words) if _bare(w) and _bare(w) not in LEGAL and len(_bare(w)) > 1]
    if len(content) < 3:
        return None
    gone = dice.choice(content)
    return " ".join(w for i, w in enumerate(words) if i != gone)


def joined(name: str, dice: random.Random) -> str | None:
    """Two neighboring words are written as one."""
    words = _words(name)
    at = [i for i in range(len(words) - 1) if words[i].isalpha() and _bare(words[i + 1]) and len(words[i]) > 1]
    if not at:
        return None
    i = dice.choice(at)
    return " ".join([*words[:i], words[i] + words[i + 1], *words[i + 2 :]])


def branch(name: str, dice: random.Random) -> str | None:
    """A branch, with its city, is added."""
    return dice.choice(BRANCH).format(name)


class Characters:
    """Pinyin words to characters that are read so: the inverse of pypinyin's table, one common character a syllable."""

    def __init__(self) -> None:
        from pypinyin import lazy_pinyin

        common = [chr(c) for c in range(0x4E00, 0x9FA6)]
        self._by_syllable: dict[str, list[str]] = {}
        for character in common:
            try:
                character.encode("gb2312")
            except UnicodeEncodeError:
                continue
            syllable = lazy_pinyin(character)[0]
            self._by_syllable.setdefault(syllable, []).append(character)
        self._read = lazy_pinyin
        terms = Path(__file__).resolve().parents[2] / "src/exeat/screening/chinese_terms.csv"
        with terms.open(encoding="utf-8", newline="") as file:
            self._terms: dict[str, str] = {}
            for row in csv.DictReader(file):
                self._terms.setdefault(row["english"], row["characters"])

    def write(self, word: str, dice: random.Random) -> str | None:
        """A word of pinyin in characters that read back to it, or None."""
        for syllables in self._cut(word, 0):
            made = "".join(dice.choice(self._by_syllable[s]) for s in syllables)
            if "".join(self._read(made)) == word:
                return made
        return None

    def _cut(self, word: str, at: int) -> Iterator[list[str]]:
        if at == len(word):
            yield []
            return
        for end in range(min(len(word), at + 6), at, -1):
            if word[at:end] in self._by_syllable and end - at > 1:
                for rest in self._cut(word, end):
                    yield [word[at:end], *rest]

    def translate(self, name: str, dice: random.Random) -> str | None:
        """A Chinese form of a listed name: brand in characters, generic words and places translated."""
        words = [_bare(w) for w in _words(name) if _bare(w)]
        out: list[str] = []
        pinyin = 0
        tail = ""
        while words and words[-1] in LEGAL:
            tail = CHINESE_LEGAL.get(f"{words[-1]}", tail or "有限公司")
            words.pop()
        for word in words:
            stem = (
                self._terms.get(word)
                or self._terms.get(word.rstrip("s"))
                or (self._terms.get(word[:-3] + "y") if word.endswith("ies") else None)
            )
            if stem:
                out.append(stem)
            elif word in ("of", "and", "the"):
                continue
            else:
                made = self.write(word, dice) if len(word) > 3 and not word.isdigit() else None
                if made is None:
                    return None
                out.append(made)
                pinyin += 1
        return "".join(out) + tail if pinyin else None


def from_file(path: Path) -> list[dict[str, str]]:
    """Rows of a CSL CSV: name, alt_names, type, countries (or addresses)."""
    with path.open(encoding="utf-8", newline="") as file:
        return [dict(row) for row in csv.DictReader(file)]


def generate(rows: Sequence[dict[str, str]], seed: int = 744, per_class: int = 500, false: int = 900) -> list[Query]:
    """The test set, the same for the same rows and seed."""
    dice = random.Random(seed)
    usable = [
        r for r in rows if r["type"] not in ("Vessel", "Aircraft") and not r["name"].lower().startswith("address ")
    ]
    firms = [r for r in usable if r["type"] != "Individual" and any(_bare(w) in LEGAL for w in _words(r["name"]))]
    made: list[Query] = []
    makers: list[tuple[str, Sequence[dict[str, str]], Callable[[str, random.Random], str | None]]] = [
        ("exact", usable, exact), ("case and punctuation", usable, case_and_punctuation), ("typo", usable, typo),
        ("two words swapped", usable, swapped), ("rotated", usable, rotated), ("legal form changed", firms, legal_form),
        ("word dropped", usable, dropped), ("words joined", usable, joined), ("branch added", firms, branch),
    ]  # fmt: skip
    for kind, pool, maker in makers:
        made.extend(_drawn(kind, pool, maker, dice, per_class))
    characters = Characters()
    chinese = [r for r in usable if "CN" in _countries(r) or "HK" in _countries(r)]
    made.extend(_drawn("pinyin against characters", chinese, characters.translate, dice, per_class))
    made.extend(_acronyms(usable, dice, per_class))
    listed = {frozenset(_bare(w) for w in _content(r["name"])) for r in rows}
    made.extend(Query("invented", firm, "", country) for firm, country in inventions.firms(dice, listed, false))
    return made


def _countries(row: dict[str, str]) -> list[str]:
    return [c for c in re.split(r"[|;, ]+", row.get("countries") or row.get("addresses") or "") if len(c) == 2]


def _drawn(
    kind: str, pool: Sequence[dict[str, str]], maker: Callable[[str, random.Random], str | None],
    dice: random.Random, count: int,
) -> Iterable[Query]:  # fmt: skip
    order = list(pool)
    dice.shuffle(order)
    done = 0
    for row in order:
        name = row["name"]
        query = maker(name, dice) if 4 <= len(name) <= 160 else None
        if query:
            yield Query(kind, query, name, (_countries(row) or [""])[0])
            done += 1
            if done == count:
                return


def _acronyms(pool: Sequence[dict[str, str]], dice: random.Random, count: int) -> Iterator[Query]:
    found = [
        (alias.strip(), row)
        for row in pool
        for alias in row["alt_names"].split("; ")
        if re.fullmatch(r"[A-Z]{3,7}", alias.strip()) and row["type"] != "Individual"
    ]
    dice.shuffle(found)
    for alias, row in found[:count]:
        yield Query(
            "acronym with alias", dice.choice([alias, alias.lower()]), row["name"], (_countries(row) or [""])[0]
        )


def main() -> None:
    """Write the test set of a CSL file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csl", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=744)
    parser.add_argument("--per-class", type=int, default=500)
    parser.add_argument("--invented", type=int, default=900)
    asked = parser.parse_args()
    queries = generate(from_file(asked.csl), asked.seed, asked.per_class, asked.invented)
    with asked.out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["class", "query", "name", "country"])
        writer.writerows(queries)
    print(f"{len(queries)} queries to {asked.out}")


if __name__ == "__main__":
    main()
