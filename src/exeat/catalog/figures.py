"""A user's own figures: read exactly, checked, and turned into facts by the same computing as the catalog's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from exeat.catalog.computing import RETICLE_MM2, Builder, facts_of_assembly
from exeat.catalog.items import (
    BIT_LENGTHS,
    CatalogError,
    Contained,
    Interval,
    ItemFacts,
    ProcessingUnit,
    Provenance,
)
from exeat.catalog.values import Figure, number, one_of, text, told, unstated, yes_no
from exeat.logic.vocabulary import nearest

# The facts of law/facts.md that describe a specification; a test holds the two together (the catalog may not read the
# law). Every other declared fact, such as an attestation, is stated under `facts` of a transaction.
NUMBERS: Mapping[str, int] = {
    "tpp": 4,
    "applicable_die_area_mm2": 4,
    "performance_density": 6,
    "io_bidirectional_gbs": 4,
    "processing_performance_tops": 4,
    "memory_bandwidth_gbs": 4,
    "memory_area_mm2": 4,
    "memory_bandwidth_density": 6,
    "total_dram_bandwidth_gbs": 4,
    "tpp_per_unit": 4,
    "own_training_operations": 0,
    "training_operations": 0,
}
YES_NO = (
    "marketed_for_datacenters",
    "copackaged_processing_dominant",
    "contains_ic_at_3a090_a",
    "contains_ic_at_3a090_b",
    "contains_ic_at_3a991_p",
    "contains_datacenter_ic_at_3a090_a",
    "designer_authorized",
    "subject_to_ear",
    "for_level_a",
    "for_level_b",
    "for_3a090_c",
    "weights_published",
)
ONE_OF: Mapping[str, tuple[str, ...]] = {
    "form": ("integrated_circuit", "assembly", "memory", "software", "technology", "model_weights"),
    "specified_in_eccn": (
        *("none", "3A001", "3D001", "3E001", "4A003", "4A004", "4A005", "4D001", "4D090", "4E001"),
        *("5A002", "5A004", "5A992", "5D002", "5D992", "5E002", "5E992"),
    ),
    "software_or_technology_eccn": (
        *("3D001", "3E001", "4D001", "4D090", "4E001", "5D002", "5D992", "5E002", "5E992", "other"),
    ),
    "ns_column": ("none", "NS1", "NS2"),
}
# Figures from which facts follow; none is a fact itself.
RAW: Mapping[str, int] = {
    **dict.fromkeys(BIT_LENGTHS, 4),
    "die_area_mm2": 4,
    "dies_per_package": 0,
    "interconnect_bidirectional_gbs": 4,
    "host_io_bidirectional_gbs": 4,
}
KEYS = frozenset((*NUMBERS, *YES_NO, *ONE_OF, *RAW, "designer", "name", "contains"))

_IO_PARTS = ("interconnect_bidirectional_gbs", "host_io_bidirectional_gbs")
# Figures of one circuit: an assembly has them only through what it contains.
_OF_CIRCUITS = frozenset({*RAW, "tpp", "applicable_die_area_mm2", "performance_density", "form"})

_ELSEWHERE = " (facts that are no specification are stated under facts)"
_DEEPEST = 8
_MOST_CONTAINED = 1000
_TOLERANCE = Decimal("0.01")  # stated figures may be rounded to so much of what they follow from


def facts_from(figures: Mapping[str, object], resolve: Callable[[str], ItemFacts], depth: int = 0) -> ItemFacts:
    """The facts of a user's figures. ``resolve`` gives the facts of a catalog item by name.

    Raises CatalogError: an unknown key, a wrong value, or figures that contradict each other.
    """
    keys: Iterable[object] = figures  # JSON has texts only, Python callers may not
    for word in keys:
        if word not in KEYS:
            near = nearest(word[:80], KEYS) if isinstance(word, str) else None
            raise CatalogError(f"unknown figure {told(word)}" + (f"; nearest: {near}" if near else "") + _ELSEWHERE)
    name = text("name", figures.get("name")) or "the item described"
    read = {
        key: value
        for key, decimals in (*NUMBERS.items(), *RAW.items())
        if (value := number(key, figures.get(key), decimals)) is not None
    }
    source = Provenance("stated", "stated", "")
    inside = _contained(figures.get("contains"), resolve, depth)
    if inside:
        _check_assembly(figures)
    built = Builder(name, source)
    for key in NUMBERS:
        built.put(key, read.get(key), "stated")
    for key in YES_NO:
        built.put(key, yes_no(key, figures.get(key)), "stated")
    for key, values in ONE_OF.items():
        built.put(key, one_of(key, figures.get(key), values), "stated")
    built.put("designer", text("designer", figures.get("designer")), "stated")
    _derive(built, read)
    if inside:
        _derive_contents(built, facts_of_assembly(name, inside, source))
    _derive_form(built)
    _check_agreement(built)
    return built.build()


def overlaid(known: ItemFacts, figures: Mapping[str, object], resolve: Callable[[str], ItemFacts]) -> ItemFacts:
    """A catalog item with some figures of the caller's own, which win over the catalog's; ``unknown`` leaves those.

    A stated rate or part of the I/O rate joins the catalog's other ones; a stated TPP stands in for all rates. What
    followed from a replaced figure is computed anew.

    Raises CatalogError, also for a circuit's figures stated of an assembly and for rates of an item with several units.
    """
    item = known.item
    merged = {key: value for key, value in figures.items() if not unstated(value)}
    if item is not None and (known.contained or "contains" in merged):
        for key in merged:
            if key == "contains" or (key in _OF_CIRCUITS and known.contained):
                raise CatalogError(
                    f"{known.name} is in the catalog with what it contains: {key} cannot be stated of it"
                )
    if item is not None and "tpp" not in merged and any(key in BIT_LENGTHS for key in merged):
        if len(item.processing_units) > 1:
            raise CatalogError(f"{known.name} has several processing units: state its tpp instead of rates")
        merged = {**{key: rate for unit in item.processing_units for key, rate in unit.rates.items()}, **merged}
    if item is not None and "io_bidirectional_gbs" not in merged:
        parts = {key: getattr(item, key) for key in _IO_PARTS}
        if any(key in merged for key in parts):
            merged = {**{key: value for key, value in parts.items() if value is not None}, **merged}
    own = facts_from(merged, resolve)
    new = {*own.facts, *own.intervals}
    if "form" not in merged:
        new.discard("form")  # what figures alone would suggest; the catalog knows
    if not {"applicable_die_area_mm2", "die_area_mm2"} & set(merged) and "applicable_die_area_mm2" in known.facts:
        new.discard("applicable_die_area_mm2")  # a number of dies says less than a published area
    keep = {*known.facts, *known.intervals} - new
    if "performance_density" in new:
        keep.discard("applicable_die_area_mm2")  # the stated density stands in for it
    return ItemFacts(
        name=known.name,
        facts={k: v for k, v in known.facts.items() if k in keep} | {k: v for k, v in own.facts.items() if k in new},
        intervals={k: v for k, v in known.intervals.items() if k in keep}
        | {k: v for k, v in own.intervals.items() if k in new},
        provenance={k: v for k, v in known.provenance.items() if k in keep}
        | {k: v for k, v in own.provenance.items() if k in new},
        contained=known.contained,
        sensitivities=(*(s for s in known.sensitivities if s.fact not in new), *own.sensitivities),
        item=item,
    )


def _known(built: Builder, name: str) -> bool:
    return name in built.facts or name in built.intervals


def _derive(built: Builder, read: Mapping[str, Figure]) -> None:
    """Facts that follow from the raw figures; a stated fact wins."""
    if rates := {key: read[key] for key in BIT_LENGTHS if key in read}:
        _derive_from_rates(built, rates)
    if not _known(built, "applicable_die_area_mm2"):
        dies = read.get("dies_per_package")
        if "die_area_mm2" in read:
            how = "the stated die area, all of it taken as made on a non-planar process"
            built.put("applicable_die_area_mm2", read["die_area_mm2"], how)
        elif isinstance(dies, Decimal) and "performance_density" not in read:
            bound = Interval(Decimal(0), dies * RETICLE_MM2, low_open=True)
            built.put("applicable_die_area_mm2", bound, f"{dies} dies of at most {RETICLE_MM2} mm2 (reticle limit)")
    link, host = read.get("interconnect_bidirectional_gbs"), read.get("host_io_bidirectional_gbs")
    if link is not None and host is not None and not _known(built, "io_bidirectional_gbs"):
        built.put("io_bidirectional_gbs", _added(link, host), "interconnect + host")


def _derive_from_rates(built: Builder, rates: Mapping[str, Figure]) -> None:
    lows = {key: _low(rate) for key, rate in rates.items()}
    highs = {key: _high(rate) for key, rate in rates.items()}
    low, high = Builder("", built.source), Builder("", built.source)
    low.put_rates((ProcessingUnit("", lows),))
    high.put_rates((ProcessingUnit("", highs),))
    stated = built.facts.get("tpp")
    computed = low.facts["tpp"]
    most = stated if isinstance(stated, Decimal) else given.high if (given := built.intervals.get("tpp")) else None
    if most is not None and isinstance(computed, Decimal) and most < computed * (1 - _TOLERANCE):
        how = low.provenance["tpp"].how
        raise CatalogError(f"tpp {most:f} is less than the stated rates give: {computed:f} ({how})")
    for name in ("tpp", "processing_performance_tops"):
        one, other = low.facts[name], high.facts[name]
        if not _known(built, name) and isinstance(one, Decimal) and isinstance(other, Decimal):
            built.put(name, one if one == other else Interval(one, other), high.provenance[name].how)
    if stated is None:
        built.sensitivities.extend(high.sensitivities)


def _derive_contents(built: Builder, assembly: ItemFacts) -> None:
    built.contained = assembly.contained
    for values in (assembly.facts, assembly.intervals):
        for key, value in values.items():
            if not _known(built, key):
                built.put(key, value, assembly.provenance[key].how)


def _derive_form(built: Builder) -> None:
    """What kind of thing figures of this kind describe, where the form is not stated."""
    circuit = any(_known(built, key) for key in ("tpp", "applicable_die_area_mm2", "performance_density"))
    memory = any(_known(built, key) for key in ("memory_bandwidth_gbs", "memory_bandwidth_density"))
    if "form" not in built.facts and circuit != memory:
        form = "integrated_circuit" if circuit else "memory"
        built.put("form", form, "not stated; the figures given are those of one")
    if built.facts.get("form") == "integrated_circuit" and not _known(built, "tpp_per_unit"):
        built.put("tpp_per_unit", built.facts.get("tpp", built.intervals.get("tpp")), "the TPP of the circuit")


def _check_agreement(built: Builder) -> None:
    """A stated density must agree with the figures it follows from: one of the three would be wrong."""
    for ratio, over, under in (
        ("performance_density", "tpp", "applicable_die_area_mm2"),
        ("memory_bandwidth_density", "memory_bandwidth_gbs", "memory_area_mm2"),
    ):
        density, top, area = (_bounds(built, name) for name in (ratio, over, under))
        if density is None or top is None or area is None:
            continue
        least, most = density[0] * area[0], density[1] * area[1]
        if least * (1 - _TOLERANCE) > top[1] or most < top[0] * (1 - _TOLERANCE):
            shown = (
                f"{name} {'..'.join(f'{end:f}' for end in dict.fromkeys(ends))}"
                for name, ends in ((ratio, density), (over, top), (under, area))
            )
            raise CatalogError("{} contradicts {} over {}".format(*shown))


def _bounds(built: Builder, name: str) -> tuple[Decimal, Decimal] | None:
    """The least and the greatest value of a figure; None where it is unknown or has no upper bound."""
    figure = built.facts.get(name)
    if isinstance(figure, Decimal):
        return figure, figure
    interval = built.intervals.get(name)
    return None if interval is None or interval.high is None else (interval.low, interval.high)


def _check_assembly(figures: Mapping[str, object]) -> None:
    """What contains circuits is an assembly; a circuit's figures beside its contents would be of another thing."""
    if one_of("form", figures.get("form"), ONE_OF["form"]) not in (None, "assembly"):
        raise CatalogError(f"contains: what contains circuits is an assembly, not form {told(figures.get('form'))}")
    for key in sorted(_OF_CIRCUITS - {"form"} - set(_IO_PARTS)):
        if not unstated(figures.get(key)):
            raise CatalogError(f"contains: {key} is a figure of one circuit; state it of the circuit contained")


def _contained(value: object, resolve: Callable[[str], ItemFacts], depth: int) -> tuple[Contained, ...]:
    if value is None:
        return ()
    expected = 'contains: expected a list of {"item": name or figures, "count": number}'
    if not isinstance(value, (list, tuple)) or not value:
        raise CatalogError(f"{expected}, found {told(value)}")
    if depth >= _DEEPEST or len(value) > _MOST_CONTAINED:
        raise CatalogError(f"contains: at most {_MOST_CONTAINED} entries, {_DEEPEST} deep")
    found: list[Contained] = []
    for place, entry in enumerate(value, 1):
        if not isinstance(entry, Mapping) or "item" not in entry or set(entry) - {"item", "count"}:
            raise CatalogError(f"{expected}; entry {place} is not one")
        count = number("count", entry.get("count", 1), 0)
        if not isinstance(count, Decimal) or count < 1:
            raise CatalogError(f"contains: entry {place}: count must be a whole number from 1")
        item = entry["item"]
        if isinstance(item, str):
            facts = resolve(item)
        elif isinstance(item, Mapping):
            facts = facts_from(item, resolve, depth + 1)
        else:
            raise CatalogError(f"{expected}; the item of entry {place} is not one")
        inner = facts.contained or (Contained(facts.name, 1, facts),)
        found.extend(Contained(part.name, part.count * int(count), part.facts) for part in inner)
    return tuple(found)


def _low(figure: Figure) -> Decimal:
    return figure.low if isinstance(figure, Interval) else figure


def _high(figure: Figure) -> Decimal:
    """The upper bound; a range somebody stated always has one."""
    if isinstance(figure, Decimal):
        return figure
    return figure.low if figure.high is None else figure.high


def _added(one: Figure, other: Figure) -> Figure:
    low, high = _low(one) + _low(other), _high(one) + _high(other)
    return low if low == high else Interval(low, high)
