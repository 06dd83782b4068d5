"""Red flags and limits of a determination as data, and whether an unresolved flag holds the transaction."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from exeat.determination.reader import TRUTH, Reader
from exeat.determination.vigilance import limits, red_flags
from exeat.lawbook.instrument import Limit, RedFlag, Section
from exeat.logic.tree import Tree
from exeat.terms import plain


class VigilanceReport(Reader):
    """Writes red flags and limits."""

    def red_flags(self, *, every: bool = False) -> list[dict[str, Any]]:
        """The red flags raised, with their resolutions; ``every``: also those not raised or that cannot be told."""
        found = []
        for section in red_flags(self.law):
            rule = section.rule
            assert isinstance(rule, RedFlag)
            truth = self.truth(rule.name)
            if truth is not True and not every:
                continue
            resolution = self.d.asked.resolutions.get(rule.id)
            found.append(
                {
                    "id": rule.id,
                    "raised": TRUTH[truth],
                    "question": rule.question,
                    "diligence": rule.diligence,
                    "resolved": {k: plain(v) for k, v in resolution.items()} if resolution else None,
                    "limbs": self.limbs(section),
                    **self.words.cite(section),
                }
            )
        return found

    def hold(self) -> bool:
        """Whether a raised red flag is unresolved (15 CFR 732 supp. 3 (a)(6): refrain, or apply to BIS)."""
        return any(flag["resolved"] is None for flag in self.red_flags()) or self.screening_holds()

    def screening_holds(self) -> bool:
        """Whether screening left something that somebody must look at."""
        return any(report["hold"] for report in self.d.asked.screening)

    def limits(self) -> list[dict[str, Any]]:
        """The limits that bear on this transaction, with what is used, what it adds and what fits."""
        found = []
        for section in limits(self.law):
            rule = section.rule
            assert isinstance(rule, Limit)
            if any(self._limb(rule, n) is False for n in range(len(rule.limbs) - 1)):
                continue
            posture = self.words.posture.get(section.key)
            used, adds, amount = (self._number(tree) for tree in (rule.used, rule.adds, rule.amount))
            found.append(
                {
                    "id": rule.id,
                    "counts": rule.counts,
                    "per": rule.per,
                    "period": rule.period,
                    "silent": rule.silent,
                    "amount": plain(amount),
                    "used": plain(used),
                    "adds": plain(adds),
                    "fits": TRUTH[self.truth(rule.name)],
                    "remaining": plain(None if amount is None or used is None else max(amount - used, Decimal(0))),
                    "largest_quantity": self._largest(used, adds, amount),
                    "posture": None if posture is None else self.posture(posture),
                    **self.words.cite(section),
                }
            )
        return found

    def _limb(self, rule: Limit, number: int) -> bool | None:
        return self.holds(rule.limbs[number].tree)

    def _number(self, tree: Tree) -> Decimal | None:
        value = self.engine.value(tree, self.values)
        return value if isinstance(value, Decimal) else None

    def _largest(self, used: Decimal | None, adds: Decimal | None, amount: Decimal | None) -> int | None:
        """The greatest number of these units that still fits; TPP are compared, never chip counts."""
        quantity = self.values.get("quantity")
        if used is None or amount is None or not adds or not isinstance(quantity, Decimal) or not quantity:
            return None
        return int(max(amount - used, Decimal(0)) * quantity // adds)


def flag_ids(sections: list[Section]) -> list[str]:
    """The ids of red flags, for checking what a resolution names."""
    return [section.rule.id for section in sections if isinstance(section.rule, RedFlag)]
