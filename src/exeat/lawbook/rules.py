"""Reading a rule block: YAML keys become one of the rule kinds, conditions become trees."""

from __future__ import annotations

from typing import Any

from exeat.lawbook.instrument import (
    POLICIES_STRICTEST_FIRST,
    AnyRule,
    Classification,
    Definition,
    Duty,
    LawError,
    Limb,
    Limit,
    Policy,
    PolicyCase,
    Posture,
    Prohibition,
    RedFlag,
    Relief,
    Requirement,
    Restriction,
    ReviewPolicy,
    Stay,
    identifier,
)
from exeat.lawbook.markdown import Marked, Yaml
from exeat.lawbook.rule_block import RuleBlock
from exeat.logic.tree import Arith, Compare
from exeat.logic.vocabulary import nearest

_COMMON = (
    "kind", "when", "all", "any", "unless", "effective", "compliance", "known", "expires", "confidence", "source",
    "note", "conflict", "accepts",
)  # fmt: skip
KINDS: dict[str, tuple[str, ...]] = {
    "definition": ("name", "is"),
    "classification": ("entry", "order"),
    "license requirement": ("id", "reason"),
    "license exception": ("symbol", "title", "overcomes", "duties", "scope"),
    "authorization": ("symbol", "title", "overcomes", "duties", "scope"),
    "restriction": ("leaves",),
    "review policy": ("for", "cases"),
    "prohibition": ("id", "cure"),
    "red flag": ("id", "question", "diligence"),
    "limit": ("id", "counts", "per", "period", "used", "adds", "amount", "silent"),
    "posture": ("stance", "since", "except", "instead"),
    "stay": ("from", "until"),
}


def declared_name(block: dict[Any, Yaml], provision: str, file: str, line: int) -> str | None:
    """The identifier a rule adds to the vocabulary; None for kinds that add none (definitions are in facts.md)."""
    values = {str(key): value for key, value in block.items()}
    kind = str(values.get("kind"))
    if kind == "classification":
        if "entry" not in values:
            raise LawError("a classification needs 'entry', as 3A090.a", file, line)
        return identifier("eccn", str(values["entry"]))
    if kind == "license requirement":
        return identifier("req", str(values.get("id", provision.removeprefix("§").strip())))
    return None


class RuleReader(RuleBlock):
    """Reads a block as the rule its kind says."""

    def read(self) -> AnyRule:
        """The rule.

        Raises:
            LawError: an unknown or missing key, or a condition the grammar refuses.
        """
        allowed = (*_COMMON, *KINDS[self.kind])
        for key in self.block:
            if key not in allowed:
                hint = nearest(key, allowed)
                raise self.error(f"unknown key {str(key)!r} in a {self.kind}; perhaps {hint}", key)
        reader: dict[str, Any] = {
            "definition": self._definition,
            "classification": self._classification,
            "license requirement": self._requirement,
            "license exception": self._relief,
            "authorization": self._relief,
            "restriction": self._restriction,
            "review policy": self._review_policy,
            "prohibition": self._prohibition,
            "red flag": self._red_flag,
            "limit": self._limit,
            "posture": self._posture,
            "stay": self._stay,
        }
        rule: AnyRule = reader[self.kind]()
        return rule

    def _definition(self) -> Definition:
        name = self.word("name")
        declared = self.vocabulary.get(name)
        if declared is None:
            hint = self.vocabulary.nearest(name)
            raise self.error(f"the definition's name {name!r} is not declared in facts.md; perhaps {hint}")
        self.of_a_party = declared.party
        common = self.common(name)
        value = self.get("is")
        if value is not None:
            if common["limbs"]:
                raise self.error("a definition has either 'is' or limbs, not both")
            tree = self.tree(value, declared.type)
            common["limbs"] = (Limb("is", "", tree, value.line if isinstance(value, Marked) else 0),)
        elif not common["limbs"]:
            raise self.error("a definition needs 'is' or limbs")
        elif declared.type != "yes/no":
            raise self.error(f"{name} is a {declared.type}; a definition with limbs gives yes/no")
        return Definition(**common)

    def _classification(self) -> Classification:
        entry = self.word("entry")
        order = self.word("order", "100")
        if not order.isdigit():
            raise self.error(f"'order' is a whole number, not {order!r}", self.get("order"))
        return Classification(**self.common(identifier("eccn", entry)), entry=entry, order=int(order))

    def _requirement(self) -> Requirement:
        id_ = self.word("id", self.provision.removeprefix("§").strip())
        return Requirement(**self.common(identifier("req", id_)), id=id_, reason=self.word("reason"))

    def _relief(self) -> Relief:
        symbol = self.word("symbol")
        overcomes = self.words("overcomes")
        prefix = "exc" if self.kind == "license exception" else "auth"
        return Relief(
            **self.common(identifier(prefix, symbol)),
            symbol=symbol,
            title=self.word("title", symbol),
            overcomes=overcomes,
            duties=self.duties(),
        )

    def duties(self) -> tuple[Duty, ...]:
        value = self.get("duties")
        if value is None:
            return ()
        if not isinstance(value, dict):
            raise self.error("'duties' are labelled, as '(b)(1): furnish the ECCN'")
        found = []
        for label, duty in value.items():
            if isinstance(duty, Marked):
                found.append(Duty(str(label), str(duty)))
            elif isinstance(duty, dict) and {str(k) for k in duty} == {"text", "when"}:
                values = {str(k): v for k, v in duty.items()}
                found.append(Duty(str(label), str(values["text"]), self.tree(values["when"])))
            else:
                raise self.error("a duty is a text, or {text, when}", label)
        return tuple(found)

    def _restriction(self) -> Restriction:
        value = self.get("leaves")
        if not isinstance(value, dict):
            raise self.error("'leaves' is 'SYMBOL: condition' for each exception that stays usable ('true' for always)")
        leaves = tuple((str(symbol), self.tree(when)) for symbol, when in value.items())
        return Restriction(**self.common(identifier("bar", self.provision)), leaves=leaves)

    def _review_policy(self) -> ReviewPolicy:
        common = self.common(identifier("policy", self.provision))
        if common["limbs"]:
            raise self.error("a review policy has 'cases', each with its own 'when'")
        return ReviewPolicy(**common, for_ids=self.words("for"), cases=self.policy_cases("cases"))

    def policy_cases(self, key: str) -> tuple[PolicyCase, ...]:
        value = self.get(key)
        if not isinstance(value, list) or not value:
            raise self.error(f"{key!r} is a list of {{at, when, policy}}")
        found = []
        for entry in value:
            if not isinstance(entry, dict) or not {"when", "policy"} <= set(entry):
                raise self.error(f"each of {key!r} has 'when' and 'policy' (and 'at', 'note')")
            values = {str(k): v for k, v in entry.items()}
            for unknown in set(values) - {"at", "when", "policy", "note"}:
                raise self.error(f"unknown key {unknown!r} in {key!r}", next(iter(entry)))
            policy = values["policy"]
            if policy not in POLICIES_STRICTEST_FIRST:
                hint = nearest(str(policy), POLICIES_STRICTEST_FIRST)
                raise self.error(f"policy {str(policy)!r} is not known; perhaps {hint}", policy)
            known: Policy = next(p for p in POLICIES_STRICTEST_FIRST if p == policy)
            when, line = self.tree(values["when"]), next(iter(entry)).line
            found.append(PolicyCase(str(values.get("at", "")), when, known, str(values.get("note", "")), line))
        return tuple(found)

    def _prohibition(self) -> Prohibition:
        id_ = self.word("id", self.provision.removeprefix("§").strip())
        return Prohibition(**self.common(identifier("ban", id_)), id=id_, cure=self.word("cure", ""))

    def _red_flag(self) -> RedFlag:
        id_ = self.word("id")
        question, diligence = self.word("question"), self.word("diligence")
        return RedFlag(**self.common(identifier("flag", id_)), id=id_, question=question, diligence=diligence)

    def _limit(self) -> Limit:
        id_ = self.word("id", self.provision.removeprefix("§").strip())
        common = self.common(identifier("limit", id_))
        used, adds, amount = (self.tree(self.block_value(key), "number") for key in ("used", "adds", "amount"))
        fits = Compare("<=", Arith("+", used, adds), amount)
        common["limbs"] = (*common["limbs"], Limb("all", "fits", fits, self.line))
        return Limit(
            **common,
            id=id_,
            counts=self.word("counts"),
            per=self.word("per"),
            period=self.word("period"),
            used=used,
            adds=adds,
            amount=amount,
            silent=self.word("silent", ""),
        )

    def block_value(self, key: str) -> Yaml:
        """The value of a key that must be there."""
        value = self.get(key)
        if value is None:
            raise self.error(f"a {self.kind} needs {key!r}")
        return value

    def _posture(self) -> Posture:
        stance = self.word("stance")
        if stance not in ("not enforced", "enforced"):
            raise self.error(f"stance is 'not enforced' or 'enforced', not {stance!r}", self.get("stance"))
        unless = self.get("except")
        return Posture(
            **self.common(identifier("posture", self.provision)),
            stance="enforced" if stance == "enforced" else "not enforced",
            since=self.day("since"),
            unless=None if unless is None else self.tree(unless),
            instead=self.policy_cases("instead") if self.get("instead") is not None else (),
        )

    def _stay(self) -> Stay:
        return Stay(**self.common(identifier("stay", self.provision)), start=self.day("from"), until=self.day("until"))
