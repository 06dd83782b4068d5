"""Reading one determination: the truth of steps, the words of limbs. The parts of a report share it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from exeat.lawbook.instrument import Posture, Section
from exeat.logic.tree import Tree

if TYPE_CHECKING:
    from exeat.determination.answer import Determination

TRUTH = {True: "yes", False: "no", None: "unknown"}


class Reader:
    """A determination with its engine's words and values at hand."""

    def __init__(self, determination: Determination) -> None:
        self.d = determination
        self.engine = determination.engine
        self.program = determination.engine.program
        self.law = self.program.law
        self.values = determination.valuation.values
        self.words = determination.engine.words

    def truth(self, name: str) -> bool | None:
        return self.d.valuation.truth(name)

    def holds(self, tree: Tree) -> bool | None:
        """A condition that is no step of the program (a duty's, a conflict's), on this determination's values."""
        return self.engine.holds(tree, self.values)

    def limbs(self, section: Section) -> list[dict[str, Any]]:
        """A rule's limbs with *met* as the rule needs it: an *unless* is met when its condition is false."""
        found = []
        for limb in self.words.limbs(section):
            truth = self.truth(limb["step"])
            denied = limb["unless"] and not limb["flip"] and truth is not None
            met = not truth if denied else truth
            found.append({"label": limb["label"], "kind": limb["kind"], "says": limb["says"], "met": TRUTH[met]})
        return found

    def posture(self, section: Section) -> dict[str, Any]:
        """A posture section as data: stance, since when, who says so where."""
        rule = section.rule
        assert isinstance(rule, Posture)
        return {
            "stance": rule.stance.replace(" ", "_"),
            "since": rule.since.isoformat(),
            "instrument": section.citation,
            "source": section.source,
            "confidence": section.confidence,
            "says": " ".join(section.text.split()),
        }
