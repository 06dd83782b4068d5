"""From specifications to facts, by the technical notes of ECCN 3A090. The one place where TPP is computed.

TPP is 2 x MacTOPS x bit length of the operation, dense, at the operation type that gives the most, added up over all
processing units of the circuit (Technical Notes 1 to 3 to 3A090.a and .b; a multiply-accumulate is two operations,
so 2 x MacTOPS is the advertised rate). Performance density is left to the law: it is compared by multiplying out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from exeat.catalog.items import (
    BIT_LENGTHS,
    Contained,
    FactValue,
    Interval,
    Item,
    ItemFacts,
    ProcessingUnit,
    Provenance,
    Sensitivity,
)

# The largest die one exposure prints, 26 mm x 33 mm: no single die is larger, so an unpublished area is at most
# so much for each die.
RETICLE_MM2 = Decimal(858)
_TF32 = "tf32_dense_tflops"
_TF32_AS_32_BITS = {**BIT_LENGTHS, _TF32: 32}


def highest(rates: Mapping[str, Decimal], bits: Mapping[str, int] = BIT_LENGTHS) -> tuple[Decimal, str]:
    """The highest rate x bit length of one unit, and the rate column that gives it. ``rates`` must not be empty."""
    product, name = max((rate * bits[key], key) for key, rate in rates.items())
    return product, name


def tpp_of_units(units: Sequence[ProcessingUnit], bits: Mapping[str, int] = BIT_LENGTHS) -> tuple[Decimal, str]:
    """TPP added up over the processing units, and how it was computed in words. ``units`` must not be empty."""
    total, words = Decimal(0), []
    for unit in units:
        product, name = highest(unit.rates, bits)
        total += product
        label = f"{unit.name}: " if unit.name else ""
        words.append(f"{label}{name} {unit.rates[name]:f} x {bits[name]} bits")
    return total, " + ".join(words)


class Builder:
    """Collects facts, intervals and provenance; each name is set once."""

    def __init__(self, name: str, source: Provenance, item: Item | None = None) -> None:
        self.name = name
        self.item = item
        self.source = source
        self.facts: dict[str, FactValue] = {}
        self.intervals: dict[str, Interval] = {}
        self.provenance: dict[str, Provenance] = {}
        self.sensitivities: list[Sensitivity] = []
        self.contained: tuple[Contained, ...] = ()

    def put(self, name: str, value: FactValue | Interval | None, how: str) -> None:
        """Record a fact or an interval; None is unknown and leaves no trace."""
        if value is None:
            return
        if isinstance(value, Interval):
            self.intervals[name] = value
        elif isinstance(value, Decimal) and value == value.to_integral_value():
            self.facts[name] = value.quantize(Decimal(1))  # 4992, not 4992.0: the same number, better read
        else:
            self.facts[name] = value
        self.provenance[name] = Provenance(self.source.source, self.source.confidence, how)

    def put_rates(self, units: Sequence[ProcessingUnit]) -> None:
        """TPP and the highest plain rate (ECCN 3A991.p) from the rates of the units."""
        tpp, how = tpp_of_units(units)
        self.put("tpp", tpp, how)
        self.put(
            "processing_performance_tops",
            sum((max(unit.rates.values()) for unit in units), Decimal(0)),
            "the highest rate of any operation type" + (", added up over the units" if len(units) > 1 else ""),
        )
        wide, _ = tpp_of_units(units, _TF32_AS_32_BITS)
        if wide != tpp:
            why = "TF32 counted at 32 bits instead of 19 (no note names TF32)"
            self.sensitivities.append(Sensitivity("tpp", wide, why))

    def build(self) -> ItemFacts:
        """What was collected."""
        return ItemFacts(
            name=self.name,
            facts=self.facts,
            intervals=self.intervals,
            provenance=self.provenance,
            contained=self.contained,
            sensitivities=tuple(self.sensitivities),
            item=self.item,
        )


def facts_of_circuit(item: Item) -> ItemFacts:
    """The facts of an integrated circuit of the catalog."""
    built = Builder(item.full_name, Provenance(item.source, item.confidence, ""), item)
    built.put("form", "integrated_circuit", f"kind {item.kind} in the catalog")
    built.put("catalog_id", item.id, "the row of the catalog")
    built.put("designer", item.vendor, "the vendor in the catalog")
    built.put("designer_headquarters", item.vendor_hq or None, "where the vendor is headquartered")
    built.put("marketed_for_datacenters", item.marketed_for_datacenters, f"market {item.market} in the catalog")
    if item.processing_units:
        built.put_rates(item.processing_units)
    else:
        built.put("tpp", item.stated_tpp, "stated as TPP, rates not published")
    if item.disputed_tpp is not None:
        built.sensitivities.append(Sensitivity("tpp", item.disputed_tpp, "sources or readings differ; see the notes"))
    built.put("tpp_per_unit", built.facts.get("tpp"), "the TPP of the circuit")
    _put_area(built, item)
    _put_io(built, item)
    dram = item.dram_bandwidth_gbs
    built.put("total_dram_bandwidth_gbs", dram, "bandwidth to all DRAM" if dram else "has no DRAM")
    return built.build()


def _put_area(built: Builder, item: Item) -> None:
    area, dies = item.applicable_die_area_mm2, item.dies_per_package
    if area is None and dies is not None:
        bound = Interval(Decimal(0), dies * RETICLE_MM2, low_open=True)
        how = f"unpublished: {dies} {'die' if dies == 1 else 'dies'} of at most {RETICLE_MM2} mm2 (reticle limit)"
        built.put("applicable_die_area_mm2", bound, how)
    elif area and item.die_area_is_upper_bound:
        bound = Interval(Decimal(0), area, low_open=True)
        built.put("applicable_die_area_mm2", bound, "published only as an upper bound")
    elif area:
        node = "" if item.process_nm is None else f" at {item.process_nm} nm"
        built.put("applicable_die_area_mm2", area, f"area of the non-planar logic dies{node}")
    # An area of zero (planar transistors only) leaves performance density undefined, so the fact stays unknown:
    # multiplied out, zero would meet every density (Technical Note 4 to 3A090 divides by it).


def _put_io(built: Builder, item: Item) -> None:
    link, host = item.interconnect_bidirectional_gbs, item.host_io_bidirectional_gbs
    if link is not None and host is not None:
        built.put("io_bidirectional_gbs", link + host, f"interconnect {link:f} + host {host:f}")
    elif known := link or host:
        part = "interconnect" if link is not None else "host"
        built.put("io_bidirectional_gbs", Interval(known, None), f"only the {part} part is published")


def facts_of_assembly(
    name: str, contained: Sequence[Contained], source: Provenance, item: Item | None = None
) -> ItemFacts:
    """The facts of an assembly from the integrated circuits in it.

    ``tpp`` and ``total_dram_bandwidth_gbs`` are those of the contained circuit with the highest TPP, because the review
    policy of 2026 tests each circuit (15 CFR 748 supp. 2 (dd)(1)); ``tpp_per_unit`` adds all of them up. Of circuits
    with equal TPP the higher memory bandwidth counts. A contained circuit of unknown TPP leaves both unknown, with
    what is known as bounds.
    """
    built = Builder(name, source, item)
    built.contained = tuple(contained)
    built.put("form", "assembly", "contains integrated circuits")
    if item is not None:
        built.put("catalog_id", item.id, "the row of the catalog")
        built.put("marketed_for_datacenters", item.marketed_for_datacenters, f"market {item.market} in the catalog")
    for fact in ("designer", "designer_headquarters"):
        found = {circuit.facts.facts.get(fact) for circuit in contained}
        if len(found) == 1:
            built.put(fact, found.pop(), "that of every circuit in it")
    bounds = [_bounds(circuit.facts, "tpp") for circuit in contained]
    lows = [low for low, _ in bounds]
    highs = [high for _, high in bounds if high is not None]
    complete = len(highs) == len(bounds)
    counts = [circuit.count for circuit in contained]
    most = _figure(max(lows), max(highs) if complete else None)
    built.put("tpp", most, "the circuit in it with the highest TPP")
    low_sum = sum((low * n for low, n in zip(lows, counts, strict=True)), Decimal(0))
    high_sum = sum((high * n for high, n in zip(highs, counts, strict=True)), Decimal(0)) if complete else None
    per_unit = " + ".join(f"{circuit.count} x {circuit.name}" for circuit in contained)
    built.put("tpp_per_unit", _figure(low_sum, high_sum), per_unit)
    leaders = [c for c in contained if isinstance(most, Decimal) and c.facts.facts.get("tpp") == most]
    memory = [c.facts.facts.get("total_dram_bandwidth_gbs") for c in leaders]
    known = [bandwidth for bandwidth in memory if isinstance(bandwidth, Decimal)]
    if known and len(known) == len(leaders):
        built.put("total_dram_bandwidth_gbs", max(known), "the circuit in it with the highest TPP")
    return built.build()


def _bounds(facts: ItemFacts, name: str) -> tuple[Decimal, Decimal | None]:
    value = facts.facts.get(name)
    if isinstance(value, Decimal):
        return value, value
    bound = facts.intervals.get(name)
    return (Decimal(0), None) if bound is None else (bound.low, bound.high)


def _figure(low: Decimal, high: Decimal | None) -> Decimal | Interval | None:
    """A certain figure, an interval, or None where nothing at all is known."""
    if high is None:
        return Interval(low, None) if low else None
    return low if low == high else Interval(low, high)
