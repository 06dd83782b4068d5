"""The light path of ``exeat check``: its plain words read without the parser, which takes longer than the answer.

The options are the fields of :class:`exeat.cli.options.Order`, the same the parser reads. Whatever is not plain (help,
an unknown option, a missing or doubtful value) is left to the parser, so that there is one voice for errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from exeat.cli.options import Order

_SWITCHES = ("json", "full")


def plain_check(words: Sequence[str]) -> tuple[str | None, Order, dict[str, bool]] | None:
    """The item, the order and the switches of ``exeat check …``; None where the parser has to read them."""
    valued = [field for field in fields(Order) if "bool" not in str(field.type)]
    listed = {field.name.strip("_").replace("_", "-"): field.name for field in valued}
    many = {field.name for field in fields(Order) if "list" in str(field.type)}
    item: str | None = None
    stated: dict[str, Any] = {}
    switches = dict.fromkeys(_SWITCHES, False)
    rest = iter(words)
    for word in rest:
        if word == "-":
            word = "<stdin>"  # as exeat.cli.app.run writes it
        if not word.startswith("-"):
            if item is not None:
                return None
            item = word
            continue
        option, equals, value = word[2:].partition("=")
        if option in switches and not equals and word.startswith("--"):
            switches[option] = True
            continue
        name = listed.get(option)
        if name is None or not word.startswith("--"):
            return None
        if not equals:
            value = next(rest, "-")
        if value.startswith("-") or (name in stated and name not in many):
            return None
        stated[name] = [*stated.get(name, ()), value] if name in many else value
    return item, Order(**stated), switches
