"""The nouns of the catalog: items, their facts, uncertain figures and where each figure comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, TypeAlias

FactValue: TypeAlias = Decimal | bool | str
Confidence = Literal["high", "medium", "low", "stated"]

# Bit length of each type of operation (Technical Note 2 to ECCN 3A090): the largest input of the multiply counts.
# TF32 is read as 19 bits (sign 1, exponent 8, mantissa 10); the 32-bit reading is offered as a sensitivity.
BIT_LENGTHS: Mapping[str, int] = MappingProxyType(
    {
        "fp4_dense_tflops": 4,
        "int4_dense_tops": 4,
        "fp6_dense_tflops": 6,
        "int8_dense_tops": 8,
        "fp8_dense_tflops": 8,
        "fp16_dense_tflops": 16,
        "bf16_dense_tflops": 16,
        "tf32_dense_tflops": 19,
        "fp32_tflops": 32,
        "fp64_tflops": 64,
    }
)


class CatalogError(ValueError):
    """A wrong catalog row, name or figure: one clear line, fit to be shown."""


class UnknownItem(CatalogError):  # noqa: N818 - the words the faces use
    """No item has this name; ``nearest`` are the names most like it."""

    def __init__(self, message: str, nearest: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.nearest = tuple(nearest)


class AmbiguousItem(CatalogError):  # noqa: N818
    """Several items answer to this name; ``candidates`` are all of them."""

    def __init__(self, message: str, candidates: Sequence[Item]) -> None:
        super().__init__(message)
        self.candidates = tuple(candidates)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure known only within bounds: ``low`` (left out when ``low_open``) to ``high`` (None: no upper bound)."""

    low: Decimal
    high: Decimal | None
    low_open: bool = False

    def __str__(self) -> str:
        if self.high is None:
            return f"more than {self.low}" if self.low_open else f"{self.low} or more"
        return f"over {self.low}, at most {self.high}" if self.low_open else f"{self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a fact comes from (an address, or ``stated``), how sure it is, and how it was computed."""

    source: str
    confidence: Confidence
    how: str


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Another defensible value of a fact: another reading of the note, or a range over which sources disagree."""

    fact: str
    value: Decimal | Interval
    why: str


@dataclass(frozen=True, slots=True)
class ProcessingUnit:
    """One processing unit of a circuit and its dense rates (TOPS or TFLOPS) by operation type."""

    name: str
    rates: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Item:
    """One row of ``catalog/chips.csv``: an integrated circuit, or an assembly with what it contains.

    ``processing_units`` is one unnamed unit for most circuits; distinct engines (NPU and GPU) are listed apart and
    added up. Areas in mm2, rates in GB/s, ``None`` is unknown and zero is "known to be none".
    """

    id: str
    vendor: str
    vendor_hq: str
    name: str
    aliases: tuple[str, ...]
    kind: str
    release_date: str
    market: str
    marketed_for_datacenters: bool | None
    processing_units: tuple[ProcessingUnit, ...]
    stated_tpp: Decimal | None
    disputed_tpp: Interval | None
    process_nm: Decimal | None
    applicable_die_area_mm2: Decimal | None
    die_area_is_upper_bound: bool
    dies_per_package: int | None
    dram_type: str
    dram_gb: Decimal | None
    dram_bandwidth_gbs: Decimal | None
    interconnect_bidirectional_gbs: Decimal | None
    host_io_bidirectional_gbs: Decimal | None
    tdp_w: Decimal | None
    contains: tuple[tuple[str, int], ...]
    confidence: Confidence
    source: str
    notes: str

    @property
    def is_assembly(self) -> bool:
        """Whether it contains integrated circuits rather than being one."""
        return self.kind == "assembly"

    @property
    def full_name(self) -> str:
        """Vendor and name, as shown to people."""
        return f"{self.vendor} {self.name}"


@dataclass(frozen=True, slots=True)
class Contained:
    """An integrated circuit inside an assembly, how many of it, and its own facts to classify it by."""

    name: str
    count: int
    facts: ItemFacts


@dataclass(frozen=True)
class ItemFacts:
    """What is known of an item, by the names of ``law/facts.md``.

    ``facts`` are certain; a name in ``intervals`` is known only within bounds and is *not* in ``facts``. What is in
    neither is unknown. ``provenance`` has an entry for every fact and interval. ``contained`` lists the integrated
    circuits of an assembly, nested assemblies walked. ``sensitivities`` are other values a careful reader would try.
    """

    name: str
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    provenance: Mapping[str, Provenance] = field(default_factory=dict)
    contained: tuple[Contained, ...] = ()
    sensitivities: tuple[Sensitivity, ...] = ()
    item: Item | None = None
