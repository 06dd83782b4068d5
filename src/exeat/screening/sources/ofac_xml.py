"""OFAC's ``SDN.XML`` and ``CONSOLIDATED.XML`` (``sdnList``/``sdnEntry``), which mark weak aliases."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from exeat.screening.entry import Alias, Entry, Identifier, made_key
from exeat.screening.errors import UnreadableList
from exeat.screening.places import country_code
from exeat.screening.sources.ecfr import parse
from exeat.screening.sources.ofac import BY_PROGRAM

TYPES = {"individual": "person", "entity": "organization", "vessel": "vessel", "aircraft": "aircraft"}


def read_xml(text: str) -> Iterator[Entry]:
    """Entries in order. The list follows from the program: a tag of the non-SDN lists, else SDN.

    Raises:
        UnreadableList: not well-formed (cut short), or no ``sdnEntry``.
    """
    root = parse(text)
    entries = [node for node in root if _local(node) == "sdnEntry"]
    if not entries:
        raise UnreadableList("no sdnEntry; expected OFAC's sdnList")
    for number, node in enumerate(entries, 1):
        yield _entry(node, number)


def _entry(node: ElementTree.Element, row: int) -> Entry:
    uid, last, first = (_field(node, name) for name in ("uid", "lastName", "firstName"))
    if not uid or not last:
        raise UnreadableList(f"sdnEntry {row}: no uid or no lastName")
    programs = tuple((p.text or "").strip() for p in _inside(node, "programList", "program"))
    code = next((code for tag, code in BY_PROGRAM if any(tag in p.upper() for p in programs)), "SDN")
    places = [
        (_field(a, "address1"), _field(a, "city"), _field(a, "country"))
        for a in _inside(node, "addressList", "address")
    ]
    return Entry(
        key=made_key(code, last, number=uid),
        list=code,
        name=f"{last}, {first}" if first else last,
        aliases=tuple(
            Alias(f"{_field(a, 'firstName')} {_field(a, 'lastName')}".strip(), _field(a, "category") == "weak")
            for a in _inside(node, "akaList", "aka")
        ),
        type=TYPES.get(_field(node, "sdnType").casefold(), ""),
        countries=tuple(dict.fromkeys(c for c in (country_code(p[2]) for p in places) if c)),
        addresses=tuple(", ".join(part for part in place if part) for place in places),
        identifiers=tuple(
            Identifier(_field(i, "idType"), _field(i, "idNumber"), country_code(_field(i, "idCountry")))
            for i in _inside(node, "idList", "id") if _field(i, "idNumber")
        ),
        birth_dates=tuple(_field(d, "dateOfBirth") for d in _inside(node, "dateOfBirthList", "dateOfBirthItem")),
        programs=programs,
        remarks=_field(node, "remarks"),
        row=row,
        source="OFAC XML",
    )  # fmt: skip


def _local(node: ElementTree.Element) -> str:
    return node.tag.rsplit("}", 1)[-1]


def _field(node: ElementTree.Element, name: str) -> str:
    return next(((child.text or "").strip() for child in node if _local(child) == name), "")


def _inside(node: ElementTree.Element, group: str, name: str) -> Iterator[ElementTree.Element]:
    for child in node:
        if _local(child) == group:
            yield from (item for item in child if _local(item) == name)
