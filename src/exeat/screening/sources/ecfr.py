"""Supplements 4, 6 and 7 to 15 CFR part 744 from the eCFR's XML: Entity List, Unverified List, MEU List.

The footnotes of the Entity List are reliable only here: the CSL glues their digits to the requirement's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from xml.etree import ElementTree

from exeat.screening.entry import Alias, Entry, made_key
from exeat.screening.errors import UnreadableList
from exeat.screening.places import country_code
from exeat.screening.words import clean, tokens, words_of

SUPPLEMENTS = {"4": "EL", "6": "UVL", "7": "MEU"}
#: Sections of part 734 named in a requirement that tell a footnote whose digit was lost (parties.md, "Parsing traps").
BY_SECTION = (("734.9(e)(1)", "1"), ("734.9(e)(2)", "4"), ("734.9(e)(3)", "5"), ("734.9(g)", "3"))
_CITATION = re.compile(
    r"(\d+)\s+F\.?\s?R\.?\s+([\d,]*\d)(?:,?\s+((?:\d{1,2}/\d{1,2}/\d{2,4})|(?:[A-Z][a-z]+\.? \d{1,2},? \d{4})))?"
)
_AKA = re.compile(r",?\s*(?:\(?a\.?k\.?a\.?|f/k/a|formerly known as),?", re.IGNORECASE)
_BREAK = "\n"


def read_xml(text: str) -> Iterator[Entry]:
    """Entries of the three lists, in order of the supplements.

    Raises:
        UnreadableList: not well-formed (cut short), declares entities, or holds none of the supplements.
    """
    root = parse(text)
    found = False
    for supplement in root.iter("DIV9"):
        number = re.match(r"Supplement No\. (\d+) to Part 744", supplement.get("N", ""))
        if number and number.group(1) in SUPPLEMENTS:
            found = True
            yield from _supplement(supplement, SUPPLEMENTS[number.group(1)])
    if not found:
        raise UnreadableList("no supplement no. 4, 6 or 7 to part 744; expected the eCFR's XML of 15 CFR part 744")


def parse(text: str) -> ElementTree.Element:
    """An XML text as a tree, entity declarations refused (they serve only to make a small file large)."""
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text[:20_000]):
        raise UnreadableList("the XML declares a document type or entities; official lists do not")
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        line, column = error.position
        raise UnreadableList(f"line {line}, column {column}: {error.msg}; the file is damaged or cut short") from None


def _supplement(supplement: ElementTree.Element, code: str) -> Iterator[Entry]:
    country = ""
    parent = ""
    for number, row in enumerate(supplement.iter("TR"), 1):
        cells = row.findall("TD")
        if len(cells) < 3:
            continue
        heading = _text(cells[0]).strip()
        if heading:
            country = heading
            parent = ""
        entity = _text(cells[1]).strip()
        if not entity or entity.startswith("[Reserved"):
            continue
        if re.match(r"(?i)(the following|affiliated entities|subordinate institution)", entity) and len(entity) < 200:
            parent = entity
            continue
        citation = _text(cells[-1])
        yield _entry(code, country, entity, cells, citation, number, parent)


def _entry(
    code: str, country: str, entity: str, cells: list[ElementTree.Element], citation: str, row: int, parent: str
) -> Entry:
    name, aliases, addresses = split_entity(entity)
    place = country_code(country)
    requirement = _text(cells[2]).strip() if code == "EL" and len(cells) >= 5 else ""
    since, cited = citations(citation)
    return Entry(
        key=made_key(code, name, place),
        list=code,
        name=name,
        aliases=tuple(Alias(alias) for alias in aliases),
        type="address" if re.match(r"(?i)address\s+\d+", name) else "",
        countries=(place,) if place else (),
        addresses=addresses,
        footnotes=_footnotes(cells[2]) if requirement else (),
        license_requirement=" ".join(requirement.split()),
        license_policy=" ".join(_text(cells[3]).split()) if requirement else "",
        federal_register=cited,
        since=since,
        remarks=parent,
        row=row,
        source="15 CFR part 744, supplement no. " + {v: k for k, v in SUPPLEMENTS.items()}[code],
    )


def _text(cell: ElementTree.Element) -> str:
    """The text of a cell; a line break stays one, a superscript (footnote) is left out."""
    parts: list[str] = []

    def walk(node: ElementTree.Element) -> None:
        if node.tag in ("sup", "SU", "FTREF"):
            pass
        elif node.tag == "br":
            parts.append(_BREAK)
        else:
            parts.append((node.text or "").replace("\n", " "))
            for child in node:
                walk(child)
                parts.append((child.tail or "").replace("\n", " "))

    walk(cell)
    return "".join(parts)


def _footnotes(cell: ElementTree.Element) -> tuple[str, ...]:
    """Digits in superscript, and those the named sections imply."""
    found = {
        digit
        for node in cell.iter()
        if node.tag in ("sup", "SU")
        for digit in re.findall(r"[1-9]", "".join(node.itertext()))
    }
    text = re.sub(r"\s+", "", _text(cell))
    found.update(footnote for section, footnote in BY_SECTION if section in text)
    return tuple(sorted(found))


def split_entity(entity: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Name, aliases and addresses of one printed entry (they stand in one cell, told apart by signs alone)."""
    lines = [line.strip() for line in entity.split(_BREAK)]
    head = lines[0]
    aliases: list[str] = []
    rest: list[str] = []
    for line in lines[1:]:
        if line.startswith(("—", "-", "–")):
            aliases.append(re.sub(r"[;.,]?\s*(?:and)?\s*$", "", line.lstrip("—–- ")).strip(" ;."))
        elif line:
            rest.append(line)
    known = _AKA.search(head)
    if known:
        name, after = head[: known.start()], head[known.end() :]
        if not re.match(r"\s*(?:the following|the)\b.*:", after):
            inline, _, address = after.strip(" ,:").partition(";")
            own, where = _name_and_address(inline)
            if own:
                aliases.append(own)
            rest = [part for part in (where, address.strip(), *rest) if part]
        name = name.strip(" ,;:")
    else:
        name, where = _name_and_address(head)
        rest = [part for part in (where, *rest) if part]
    addresses = tuple(
        part.strip(" ;.") for text in rest for part in re.split(r";\s*(?:and\s+)?", text) if part.strip(" ;.")
    )
    return name, tuple(alias for alias in aliases if alias), addresses


def _name_and_address(text: str) -> tuple[str, str]:
    """The name runs to the first comma that no legal form follows."""
    parts = text.split(", ")
    name = [parts[0]]
    for part in parts[1:]:
        bare = tokens(clean(part).text)
        if bare and all(word.kind == "legal" for word in words_of(" ".join(bare))) and len(bare) <= 3:
            name.append(part)
        else:
            break
    whole = ", ".join(name).strip(" ,;")
    return whole.rstrip(".") if len(name) == len(parts) else whole, ", ".join(parts[len(name) :])


def citations(text: str) -> tuple[date | None, str]:
    """The day of the first notice, and all notices as ``76 FR 71869 (2011-11-21)``."""
    days: list[date] = []
    cited = []
    for volume, page, printed in _CITATION.findall(text):
        day = _day(printed)
        if day:
            days.append(day)
        cited.append(f"{volume} FR {page}" + (f" ({day})" if day else ""))
    return (min(days) if days else None), "; ".join(cited)


def _day(printed: str) -> date | None:
    for form in ("%m/%d/%y", "%m/%d/%Y", "%B %d, %Y", "%B %d %Y", "%b. %d, %Y"):
        try:
            return datetime.strptime(printed, form).date()
        except ValueError:
            continue
    return None
