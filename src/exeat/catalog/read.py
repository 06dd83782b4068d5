"""Reads ``catalog/chips.csv`` into items: strict about what it finds, silent about nothing."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import cast

from exeat.catalog.items import BIT_LENGTHS, CatalogError, Confidence, Interval, Item, ProcessingUnit
from exeat.logic.vocabulary import nearest

KINDS = ("gpu", "asic", "soc", "cpu", "fpga", "assembly")
CONFIDENCES = ("high", "medium", "low")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]{1,4})?")
_TEXT_COLUMNS = ("id", "vendor", "vendor_hq", "name", "aliases", "kind", "release_date", "market", "dram_type")
_NUMBER_COLUMNS = (
    "stated_tpp",
    "process_nm",
    "applicable_die_area_mm2",
    "dram_gb",
    "dram_bandwidth_gbs",
    "interconnect_bidirectional_gbs",
    "host_io_bidirectional_gbs",
    "tdp_w",
)
_OTHER_COLUMNS = (
    "marketed_for_datacenters",
    "processing_units",
    "disputed_tpp",
    "die_area_is_upper_bound",
    "dies_per_package",
    "contains",
    "confidence",
    "source",
    "notes",
)
COLUMNS = frozenset((*_TEXT_COLUMNS, *_NUMBER_COLUMNS, *_OTHER_COLUMNS, *BIT_LENGTHS))


def catalog_folder() -> Path:
    """The ``catalog`` folder: inside an installed wheel (``exeat/_catalog``), else of the checkout.

    Raises CatalogError when neither is there.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_catalog", package.parents[1] / "catalog"):
        if (folder / "chips.csv").is_file():
            return folder
    raise CatalogError("the catalog (chips.csv) was not found beside the package: reinstall exeat")


def read_items(path: Path) -> dict[str, Item]:
    """All items of a catalog file by id, in file order.

    Raises CatalogError (file, row, column, what was found) for a wrong cell, and for items that contain
    an unknown item or themselves.
    """
    items: dict[str, Item] = {}
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        _check_columns(path, header)
        for row in reader:
            where = f"{path.name}, line {reader.line_num}"
            if len(row) != len(header):
                raise CatalogError(f"{where}: the row has {len(row)} cells, the header {len(header)}")
            item = _Row(dict(zip(header, map(str.strip, row), strict=True)), where).item()
            if item.id in items:
                raise CatalogError(f"{where}, column id: {item.id} stands twice")
            items[item.id] = item
    for item in items.values():
        _check_contents(item, items, (item.id,), path.name)
    return items


def _check_columns(path: Path, found: Sequence[str]) -> None:
    for column in found:
        if column not in COLUMNS:
            near = nearest(column, COLUMNS)
            raise CatalogError(f"{path.name}: unknown column {column!r}" + (f"; nearest: {near}" if near else ""))
    if missing := sorted(COLUMNS.difference(found)):
        raise CatalogError(f"{path.name}: missing column {missing[0]}")


def _check_contents(item: Item, items: Mapping[str, Item], path: tuple[str, ...], file: str) -> None:
    for name, _ in item.contains:
        if name not in items:
            near = nearest(name, items)
            raise CatalogError(
                f"{file}, {item.id}, column contains: no item {name!r}" + (f"; nearest: {near}" if near else "")
            )
        if name in path:
            raise CatalogError(f"{file}, {path[0]}, column contains: {name} contains itself")
        _check_contents(items[name], items, (*path, name), file)


class _Row:
    """One row being read; every error names file, line, id and column."""

    def __init__(self, cells: Mapping[str, str], where: str) -> None:
        self.cells = cells
        self.where = f"{where} ({self.cells['id'] or 'no id'})"

    def fail(self, column: str, expected: str) -> CatalogError:
        return CatalogError(f"{self.where}, column {column}: found {self.cells[column]!r}, expected {expected}")

    def number(self, column: str) -> Decimal | None:
        cell = self.cells[column]
        if not cell:
            return None
        if not _NUMBER.fullmatch(cell):
            raise self.fail(column, "a number with at most 4 decimals, or an empty cell for unknown")
        return Decimal(cell)

    def one_of(self, column: str, values: tuple[str, ...]) -> str:
        if self.cells[column] not in values:
            raise self.fail(column, " or ".join(value or "an empty cell" for value in values))
        return self.cells[column]

    def units(self) -> tuple[ProcessingUnit, ...]:
        """The rate columns as one unit, or the cell ``NPU:int8_dense_tops=50;GPU:fp32_tflops=4|…`` as several."""
        stated = [column for column in BIT_LENGTHS if self.cells[column]]
        rates = {column: rate for column in stated if (rate := self.number(column)) is not None}
        cell = self.cells["processing_units"]
        if not cell:
            return (ProcessingUnit("", rates),) if rates else ()
        if rates:
            raise self.fail("processing_units", "no rates in the columns of their own beside it")
        units = []
        for part in cell.split(";"):
            name, _, listed = part.partition(":")
            pairs = [pair.partition("=") for pair in listed.split("|")]
            if not name.strip() or any(key not in BIT_LENGTHS or not _NUMBER.fullmatch(rate) for key, _, rate in pairs):
                raise self.fail("processing_units", "units such as NPU:int8_dense_tops=50;GPU:fp32_tflops=4.6")
            units.append(ProcessingUnit(name.strip(), {key: Decimal(rate) for key, _, rate in pairs}))
        return tuple(units)

    def contains(self) -> tuple[tuple[str, int], ...]:
        cell = self.cells["contains"]
        parts = [part.partition(":") for part in cell.split(";")] if cell else []
        if any(not re.fullmatch("[1-9][0-9]{0,6}", count) or not name for count, _, name in parts):
            raise self.fail("contains", "counts and ids such as 8:nvidia-h100-sxm;1:nvidia-grace")
        if bool(parts) != (self.cells["kind"] == "assembly"):
            raise self.fail("contains", "the contained items of an assembly, and an empty cell for a circuit")
        return tuple((name, int(count)) for count, _, name in parts)

    def disputed(self) -> Interval | None:
        cell = self.cells["disputed_tpp"]
        if not cell:
            return None
        low, _, high = cell.partition("..")
        if not (_NUMBER.fullmatch(low) and _NUMBER.fullmatch(high)) or Decimal(low) > Decimal(high):
            raise self.fail("disputed_tpp", "a range such as 4194..8179")
        return Interval(Decimal(low), Decimal(high))

    def item(self) -> Item:
        cells = self.cells
        for column in ("id", "vendor", "name", "source"):
            if not cells[column]:
                raise self.fail(column, "a text")
        marketed = self.one_of("marketed_for_datacenters", ("yes", "no", ""))
        dies = cells["dies_per_package"]
        if dies and not re.fullmatch("[1-9][0-9]{0,3}", dies):
            raise self.fail("dies_per_package", "a whole number from 1, or an empty cell for unknown")
        return Item(
            id=cells["id"],
            vendor=cells["vendor"],
            vendor_hq=cells["vendor_hq"],
            name=cells["name"],
            aliases=tuple(alias.strip() for alias in cells["aliases"].split(";") if alias.strip()),
            kind=self.one_of("kind", KINDS),
            release_date=cells["release_date"],
            market=cells["market"],
            marketed_for_datacenters={"yes": True, "no": False}.get(marketed),
            processing_units=self.units(),
            stated_tpp=self.number("stated_tpp"),
            disputed_tpp=self.disputed(),
            process_nm=self.number("process_nm"),
            applicable_die_area_mm2=self.number("applicable_die_area_mm2"),
            die_area_is_upper_bound=self.one_of("die_area_is_upper_bound", ("yes", "")) == "yes",
            dies_per_package=int(dies) if dies else None,
            dram_type=cells["dram_type"],
            dram_gb=self.number("dram_gb"),
            dram_bandwidth_gbs=self.number("dram_bandwidth_gbs"),
            interconnect_bidirectional_gbs=self.number("interconnect_bidirectional_gbs"),
            host_io_bidirectional_gbs=self.number("host_io_bidirectional_gbs"),
            tdp_w=self.number("tdp_w"),
            contains=self.contains(),
            confidence=cast(Confidence, self.one_of("confidence", CONFIDENCES)),
            source=cells["source"],
            notes=cells["notes"],
        )
