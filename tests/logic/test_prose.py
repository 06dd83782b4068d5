"""The words an officer reads."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from strategies import VOCABULARY, conditions, facts

from exeat.logic.expand import expand_ratios
from exeat.logic.grammar import parse
from exeat.logic.prose import question, say
from exeat.logic.tree import Tree, Value
from exeat.logic.vocabulary import Declared, Vocabulary

HERE: dict[str, Value] = {"tpp": Decimal("15832.0"), "marketed": True, "destination": "CN", "area": Decimal(814)}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tpp >= 4800", "total processing performance (TPP) is 4,800 or more"),
        ("4800 > tpp", "total processing performance (TPP) is under 4,800"),
        ("area <= 0.5", "the applicable die area is 0.5 mm2 or less"),
        ("tpp > 1e26", "total processing performance (TPP) is over 1 x 10^26"),
        ("not tpp >= 4800", "total processing performance (TPP) is under 4,800"),
        ("not marketed", "not marketed for data centers"),
        ("marketed = false", "not marketed for data centers"),
        ("in_group(destination, 'D:5')", "the destination is in Country Group D:5"),
        ("not in_group(destination, 'AIA_places')", "the destination is not in AIA places"),
        ("destination not in ('CN', 'MO')", "the destination is not CN or MO"),
        ("tpp >= 5.92 * area", "total processing performance (TPP) is 5.92 times the applicable die area or more"),
        ("any_party(headquarters = 'CN')", "for some party, the headquarters is CN"),
        ("not any_party(not controlled)", "for every party, controlled by a government"),
        ("not any_party(controlled)", "for no party, controlled by a government"),
        ("sample or marketed", "either a sample, or marketed for data centers"),
        (
            "sample and (marketed or tpp > 1)",
            "a sample and (either marketed for data centers, or total processing performance (TPP) is over 1)",
        ),
    ],
)
def test_say(text: str, words: str) -> None:
    assert say(parse(text, VOCABULARY), VOCABULARY) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tpp >= 4800", "total processing performance (TPP) is 4,800 or more (here 15,832)"),
        ("marketed", "marketed for data centers (here yes)"),
        ("sample", "a sample (not stated)"),
        ("in_group(destination, 'D:5')", "the destination is in Country Group D:5 (here CN)"),
        ("density >= 5.92", "performance density is 5.92 or more (here 15,832 / 814)"),
        ("any_party(headquarters = 'CN')", "for some party, the headquarters is CN"),
    ],
)
def test_say_with_values(text: str, words: str) -> None:
    tree = parse(text, VOCABULARY)
    assert say(tree, VOCABULARY, HERE) == words
    assert say(expand_ratios(tree, VOCABULARY), VOCABULARY, HERE) == words


ROLES = Vocabulary(
    {
        "role": Declared("role", "text", "the party's role", values=("ultimate_consignee", "end_user"), party=True),
        "headquarters": Declared("headquarters", "text", "the party's headquarters", country=True, party=True),
        "listed": Declared("listed", "yes/no", "on the list", party=True),
        "destination": Declared("destination", "text", "the destination", country=True),
    }
)
BOTH = "role in ('ultimate_consignee', 'end_user')"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"any_party({BOTH})", "there is an ultimate consignee or end user"),
        ("not any_party(role = 'end_user')", "there is no end user"),
        ("any_party(role = 'end_user' and listed)", "for some end user, on the list"),
        (
            f"not any_party({BOTH} and not in_group(headquarters, 'AIA'))",
            "for every ultimate consignee or end user, the party's headquarters is one of the listed places",
        ),
        ("not any_party(role = 'end_user' and listed)", "for every end user, not on the list"),
        (
            "not any_party(role = 'end_user' and listed and headquarters = 'CN')",
            "for no end user, on the list and the party's headquarters is CN",
        ),
        ("not in_group(destination, 'AIA')", "the destination is not one of the listed places"),
        ("in_group(destination, 'D:5')", "the destination is in Country Group D:5"),
        ("in_group(destination, 'B')", "the destination is in Country Group B"),
        ("in_group(destination, 'other_group')", "the destination is in other group"),
    ],
)
def test_parties_and_groups_are_said_in_words(text: str, words: str) -> None:
    groups = {"AIA": "one of the listed places: 18 (and one)", "D:5": "Country Group D:5, arms", "B": "Country Group B"}
    assert say(parse(text, ROLES), ROLES, None, groups) == words


@given(conditions(), facts())
def test_everything_can_be_said(tree: Tree, known: dict[str, Value]) -> None:
    assert say(tree, VOCABULARY, known)
    assert "\n" not in say(tree, VOCABULARY)


def test_question() -> None:
    assert question(Declared("tpp", "number", question="What is its TPP?")) == "What is its TPP?"
    assert question(VOCABULARY["area"]) == "What is the applicable die area (in mm2)?"
    assert question(VOCABULARY["end_use"]) == "What is the end use (one of: cloud, resale, research)?"
    assert question(VOCABULARY["sample"]) == "Is this so: a sample?"
