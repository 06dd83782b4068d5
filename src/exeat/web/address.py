"""Reading the query of a page's address: every name known, said once, of sober length."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from urllib.parse import quote, urlencode

from exeat.logic.vocabulary import nearest
from exeat.terms import InputError, read_day

_LONGEST = 500


def read_address(given: Iterable[tuple[str, str]], names: Iterable[str], prefix: str | None = None) -> dict[str, str]:
    """The stated names and values; an empty value states nothing. ``prefix`` allows names that begin with it.

    Raises:
        InputError: a name the page does not know (the nearest is named), one said twice, a value too long.
    """
    known = tuple(names)
    found: dict[str, str] = {}
    for name, raw in given:
        if name not in known and not (prefix and name.startswith(prefix)):
            hint = nearest(name[:60], known)
            perhaps = f"perhaps {hint!r}" if hint else f"known: {', '.join(known)}"
            raise InputError(f"the address has {name[:60]!r}; {perhaps}")
        if len(raw) > _LONGEST:
            raise InputError(f"{name[:60]} has {len(raw)} characters; expected at most {_LONGEST}")
        value = " ".join("".join(c if c.isprintable() else " " for c in raw).split())
        if not value:
            continue
        if found.get(name, value) != value:
            raise InputError(f"{name[:60]} is stated twice: {found[name][:40]!r} and {value[:40]!r}")
        found[name] = value
    return found


def one_of(given: Mapping[str, str], name: str, choices: Iterable[str], default: str) -> str:
    """A value that must be one of a few words.

    Raises:
        InputError: another word; the nearest is named.
    """
    known, value = tuple(choices), given.get(name, default)
    if value not in known:
        hint = nearest(value[:60], known)
        perhaps = f"; perhaps {hint!r}" if hint else ""
        raise InputError(f"{name} is {value[:40]!r}; expected {', '.join(known)}{perhaps}")
    return value


def day_of(given: Mapping[str, str], name: str, default: date, begins: date) -> date:
    """A day on which there is encoded law.

    Raises:
        InputError: no day, or one before the encoded law begins.
    """
    day = read_day(given[name], name) if name in given else default
    if day < begins:
        raise InputError(f"{name} is {day}; the encoded law begins on {begins}, nothing earlier is decided")
    return day


def address(path: str, given: Mapping[str, str | None], **changed: str | None) -> str:
    """A page's address with some values changed; None leaves a name out."""
    pairs = [(name, value) for name, value in {**given, **changed}.items() if value is not None and value != ""]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def in_path(word: str) -> str:
    """A name as one part of a path; the section sign and spaces around it left out."""
    return quote(word.replace("§", "").strip(), safe="()")


__all__ = ["address", "day_of", "in_path", "one_of", "read_address"]
