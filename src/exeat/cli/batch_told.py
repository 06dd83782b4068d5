"""The summary of a table in words: outcomes by track, what to ask, what moved, what could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exeat.cli.batch_options import TableOptions
from exeat.explanation.layout import Page

#: Lines of one list that are shown.
_FEW = 6
_COUNT = 12


def told(found: Mapping[str, Any], options: TableOptions) -> list[str]:
    """The summary of :func:`exeat.portfolio.commands.batch` as lines."""
    page = Page()
    page.text(_read(found), 0)
    _outcomes(page, found)
    if found["by_destination"]:
        page.heading("BY DESTINATION (as enforced)")
        for place, counts in list(found["by_destination"].items())[:_FEW]:
            outcomes = ", ".join(f"{count:,} {_words(name)}" for name, count in counts.items())
            page.text(f"{place}: {outcomes}", 2, 6)
    if found["questions"]:
        page.heading("WHAT TO ASK (facts that would settle most rows first)")
        for number, ask in enumerate(found["questions"][:_FEW], 1):
            of = f" (of the {ask['of']})" if ask["of"] else ""
            rows = _rows(ask["rows"])
            page.item(f"{number}.", f"{rows}: {ask['question']}{of} [column {ask['column']}; {ask['source']}]", 2, 4)
    _rest(page, found, options)
    return page.lines


def told_moves(found: Mapping[str, Any], options: TableOptions) -> list[str]:
    """The summary of :func:`exeat.portfolio.commands.compare` as lines."""
    page = Page()
    first, second = found["compared"]
    page.text(_read(found), 0)
    page.text(f"from {first} to {second} the answer moves on {_rows(found['moved'])}", 0)
    if found["moves"]:
        page.heading("FROM WHAT TO WHAT")
        for move in found["moves"][: 2 * _FEW]:
            track = f" ({move['track']})" if "track" in move else ""
            what = f"{move['what']}{track}: {_words(move['from'])} -> {_words(move['to'])}"
            page.item(f"{move['rows']:,}", what, 2, _COUNT)
    if found["moved_by"]:
        page.heading("BY WHICH INSTRUMENT (a row can be moved by several)")
        for cause in found["moved_by"][: 2 * _FEW]:
            unsure = "" if cause["confidence"] == "primary" else f" ({cause['confidence']})"
            what = f"{cause['instrument']}: {cause['provision']} {cause['how']}, from {cause['since']}{unsure}"
            page.item(f"{cause['rows']:,}", what, 2, _COUNT)
        _more(page, len(found["moved_by"]) - 2 * _FEW, "--json shows them")
    if found["not_traced"]:
        page.text(f"{_rows(found['not_traced'])} moved by nothing that could be named", 2, 4)
    _rest(page, found, options)
    return page.lines


def _read(found: Mapping[str, Any]) -> str:
    unread = f", {found['errors']:,} could not be read" if found["errors"] else ""
    return f"{_rows(found['rows'])}: {found['decided']:,} decided{unread}"


def _outcomes(page: Page, found: Mapping[str, Any]) -> None:
    text, enforced = (found["outcomes"][track] for track in ("text", "enforced"))
    names = sorted({*text, *enforced}, key=lambda name: (-enforced.get(name, 0), -text.get(name, 0), name))
    if not names:
        return
    page.lines += ["", f"{'OUTCOMES':<30}{'text':>12}  {'enforced':>12}"]
    for name in names:
        page.lines.append(f"  {_words(name):<28}{text.get(name, 0):>12,}  {enforced.get(name, 0):>12,}")
    if found["changed"]:
        page.text(f"the tracks differ on {_rows(found['changed'])}", 2, 4)


def _rest(page: Page, found: Mapping[str, Any], options: TableOptions) -> None:
    """What was not read, and what should be known of how the rest was."""
    if found["error_rows"]:
        page.heading("COULD NOT BE READ")
        shown = found["error_rows"][:_FEW]
        for error in shown:
            page.text(f"row {error['row']:,}: {error['error']}", 2, 6)
        _more(page, found["errors"] - len(shown), "" if options.errors else "--errors FILE lists them")
    notes = [*_ignored(found["not_understood"]), *found["notes"]]
    if notes:
        page.heading("NOTES")
        for note in notes:
            page.item("-", note, 2, 4)
    page.lines.append("")
    page.text(f"written to {found['out']}" if found["out"] else "nothing is written (--out FILE writes the answers)", 0)


def _ignored(columns: Mapping[str, str | None]) -> Iterator[str]:
    near = [f"{column!r} (perhaps {fact!r}?)" for column, fact in columns.items() if fact]
    far = [repr(column) for column, fact in columns.items() if not fact]
    if columns:
        yield f"columns that are no fact and are carried along: {', '.join([*near, *far])}"


def _more(page: Page, count: int, where: str) -> None:
    if count > 0:
        page.text(f"and {count:,} more" + (f" ({where})" if where else ""), 2, 4)


def _rows(count: int) -> str:
    return f"{count:,} row" + ("" if count == 1 else "s")


def _words(name: str) -> str:
    return name.replace("_", " ")


__all__ = ["told", "told_moves"]
