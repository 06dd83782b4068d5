"""What an assembly contains: the facts that follow from its circuits, each classified under the law of the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from exeat.logic.tree import Value
from exeat.terms import InputError

#: What an assembly contains is classified under the same law; these facts say what was found (4A090, 4A994.l).
CONTAINED_FACTS: Mapping[str, tuple[str, ...]] = {
    "contains_ic_at_3a090_a": ("ic_meets_3a090_a",),
    "contains_ic_at_3a090_b": ("ic_meets_3a090_b",),
    "contains_ic_at_3a991_p": ("eccn_3a991_p", "ic_meets_3a090_a", "ic_meets_3a090_b"),
}


def contained_tpp(circuits: Sequence[tuple[int, Mapping[str, object]]]) -> Decimal | None:
    """The TPP of one assembly: its circuits at or over 3A090.a added up, others left out (15 CFR 740.29(h)(2)).

    Args:
        circuits: for each kind of contained circuit, how many and what :meth:`Engine.classify` found of it.

    Returns:
        The sum in TPP; None where the level of a circuit, or the TPP of one that counts, is unknown.
    """
    total = Decimal(0)
    for count, values in circuits:
        reaches, tpp = values.get("ic_meets_3a090_a"), values.get("tpp")
        if reaches is False:
            continue
        if reaches is None or not isinstance(tpp, Decimal):
            return None
        total += count * tpp
    return total


def refuse_denied_contents(found: Mapping[str, Value], stated: Mapping[str, Value]) -> None:
    """Refuse a statement that an assembly does not contain what its own list of contents shows.

    Raises:
        InputError: a fact of :data:`CONTAINED_FACTS` is yes by the contents and no as stated.
    """
    for fact in CONTAINED_FACTS:
        if found.get(fact) is True and stated.get(fact) is False:
            raise InputError(f"{fact} is stated as no, but the circuits the item contains show yes; state one of them")


__all__ = ["CONTAINED_FACTS", "contained_tpp", "refuse_denied_contents"]
