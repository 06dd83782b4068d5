"""The toy rule as a small OpenFisca tax-and-benefit system: one entity, four inputs, three formulas.

OpenFisca computes in 32-bit binary floats; the toy's figures have two places, on which that makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
from openfisca_core.entities import build_entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.periods import ETERNITY
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from benchmarks.toy import ELSEWHERE, ENTRIES, PLACES, Answer, Row

PERIOD = "2023-11"

Transaction = build_entity(key="transaction", plural="transactions", label="One transaction", is_person=True)

Paragraph = Enum("Paragraph", {key.replace(".", "_"): key for key in ENTRIES})
Country = Enum("Country", {code: code for code in sorted(PLACES + ELSEWHERE)})


class tpp(Variable):  # noqa: N801  OpenFisca's variables are classes named as facts
    value_type = float
    entity = Transaction
    definition_period = ETERNITY


class density(Variable):  # noqa: N801
    value_type = float
    entity = Transaction
    definition_period = ETERNITY


class datacenter(Variable):  # noqa: N801
    value_type = bool
    entity = Transaction
    definition_period = ETERNITY


class country(Variable):  # noqa: N801
    value_type = Enum
    possible_values = Country
    default_value = Country.DE
    entity = Transaction
    definition_period = ETERNITY


class paragraph(Variable):  # noqa: N801
    value_type = Enum
    possible_values = Paragraph
    default_value = Paragraph.none
    entity = Transaction
    definition_period = ETERNITY

    def formula(transaction, period):  # noqa: N805
        t, d = transaction("tpp", period), transaction("density", period)
        conditions = [
            t >= 4800,
            numpy.logical_not(transaction("datacenter", period)),
            (t >= 1600) * (d >= 5.92),
            (t >= 2400) * (d >= 1.6) * (d < 5.92),
            (t >= 1600) * (d >= 3.2) * (d < 5.92),
        ]
        values = [Paragraph.a_1, Paragraph.none, Paragraph.a_2, Paragraph.b_1, Paragraph.b_2]
        return numpy.select(conditions, [v.index for v in values], Paragraph.none.index)


class license_required(Variable):  # noqa: N801
    value_type = bool
    entity = Transaction
    definition_period = ETERNITY

    def formula(transaction, period):  # noqa: N805
        in_group = numpy.isin(transaction("country", period).view(numpy.ndarray), _GROUP)
        return (transaction("paragraph", period) != Paragraph.none) * in_group


_GROUP = numpy.array([Country[code].index for code in PLACES])
_PARAGRAPHS = [member.value for member in Paragraph]
_COUNTRY_INDEX = {member.name: member.index for member in Country}


def system() -> TaxBenefitSystem:
    """The toy's tax-and-benefit system."""
    made = TaxBenefitSystem([Transaction])
    made.add_variables(tpp, density, datacenter, country, paragraph, license_required)
    return made


def columns(rows: list[Row]) -> dict[str, Any]:
    """Rows as OpenFisca takes a table: one array per input."""
    return {
        "tpp": numpy.array([float(r.tpp) for r in rows], dtype=numpy.float32),
        "density": numpy.array([float(r.density) for r in rows], dtype=numpy.float32),
        "datacenter": numpy.array([r.datacenter for r in rows]),
        "country": numpy.array([_COUNTRY_INDEX[r.country] for r in rows], dtype=numpy.uint8),
    }


def openfisca_batch() -> Callable[[dict[str, Any]], tuple[Any, Any]]:
    """Decide a table; returns two arrays: index of the deciding paragraph, license required."""
    rules = system()

    def decide(table: dict[str, Any]) -> tuple[Any, Any]:
        simulation = SimulationBuilder().build_default_simulation(rules, count=len(table["tpp"]))
        for name, values in table.items():
            simulation.set_input(name, ETERNITY, values)
        return simulation.calculate("paragraph", PERIOD), simulation.calculate("license_required", PERIOD)

    return decide


def openfisca_toy() -> Callable[[dict[str, Any]], Answer]:
    """Decide one transaction (a table of one row: OpenFisca has no other way)."""
    decide = openfisca_batch()

    def one(table: dict[str, Any]) -> Answer:
        return answers(*decide(table))[0]

    return one


def answers(paragraphs: Any, required: Any) -> list[Answer]:
    """The arrays of :func:`openfisca_batch` as answers."""
    names = [_PARAGRAPHS[index] for index in paragraphs.view(numpy.ndarray)]
    return [Answer(ENTRIES[name], bool(need), name) for name, need in zip(names, required, strict=True)]
