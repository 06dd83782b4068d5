"""The nouns of the law book: an instrument, its sections, and the rule a section may hold."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

from exeat.logic.tree import FALSE, And, Not, Tree, all_of, any_of

Verb = Literal["Add", "Revise", "Remove", "Correct", "Stay", "Posture", "Guidance"]
VERBS: tuple[Verb, ...] = ("Add", "Revise", "Remove", "Correct", "Stay", "Posture", "Guidance")
AMENDING: frozenset[Verb] = frozenset({"Add", "Revise", "Remove", "Correct"})

Confidence = Literal["primary", "secondary", "unconfirmed"]
CONFIDENCES: tuple[Confidence, ...] = ("primary", "secondary", "unconfirmed")

Policy = Literal["presumption of approval", "case by case", "presumption of denial", "policy of denial", "not stated"]
#: From the strictest down: 15 CFR 742.1(f) has an application pass every policy, so the strictest is reported.
POLICIES_STRICTEST_FIRST: tuple[Policy, ...] = (
    "policy of denial",
    "presumption of denial",
    "case by case",
    "not stated",
    "presumption of approval",
)

#: What the solver may find in a rule that is meant all the same.
Accepted = Literal["overlap", "gap", "dead", "idle"]
ACCEPTANCES: tuple[Accepted, ...] = ("overlap", "gap", "dead", "idle")

LimbKind = Literal["is", "when", "all", "any", "unless"]


class LawError(ValueError):
    """Something wrong in a law file. ``str()`` is ``file:line: what was found, what was expected``."""

    def __init__(self, message: str, file: str = "", line: int = 0) -> None:
        self.message = message
        self.file = file
        self.line = line
        place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{place}{message}")


@dataclass(frozen=True, slots=True)
class Limb:
    """One labelled condition of a rule; ``label`` is the paragraph letter as printed ("" for *when* and *is*)."""

    kind: LimbKind
    label: str
    tree: Tree
    line: int = 0


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place where the text contradicts itself or its readers; shown, never hidden."""

    id: str
    says: str
    when: Tree
    line: int = 0


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An overlap (``winner over loser``), gap, dead rule or idle limb that is meant, and why."""

    kind: Accepted
    what: str
    because: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What all rules share. ``name`` is the identifier its truth value has in conditions."""

    kind: str
    name: str
    limbs: tuple[Limb, ...]
    note: str = ""
    conflicts: tuple[Conflict, ...] = ()
    accepts: tuple[Acceptance, ...] = ()

    def condition(self) -> Tree:
        """*When* and every *all* and some *any* and no *unless* (for a definition: the expression itself)."""
        return joined(self.limbs)


@dataclass(frozen=True, slots=True)
class Definition(Rule):
    """A derived fact."""


@dataclass(frozen=True, slots=True)
class Classification(Rule):
    """An ECCN entry; ``order`` decides which entry is tried first."""

    entry: str = ""
    order: int = 0


@dataclass(frozen=True, slots=True)
class Requirement(Rule):
    """A license requirement; ``id`` is its citation without the section sign."""

    id: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Duty:
    """What must be done by one who uses an exception; ``when`` limits it (None: always)."""

    label: str
    text: str
    when: Tree | None = None


@dataclass(frozen=True, slots=True)
class Relief(Rule):
    """A license exception, or an authorization that is not one (``kind`` tells)."""

    symbol: str = ""
    title: str = ""
    overcomes: tuple[str, ...] = ()
    duties: tuple[Duty, ...] = ()


@dataclass(frozen=True, slots=True)
class Restriction(Rule):
    """While it applies only the exceptions in ``leaves`` (symbol, further condition) stay usable."""

    leaves: tuple[tuple[str, Tree], ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyCase:
    """One row of a review policy: first match wins."""

    at: str
    when: Tree
    policy: Policy
    note: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class ReviewPolicy(Rule):
    """How applications are reviewed for the requirements whose id begins with one of ``for_ids``."""

    for_ids: tuple[str, ...] = ()
    cases: tuple[PolicyCase, ...] = ()


@dataclass(frozen=True, slots=True)
class Prohibition(Rule):
    """What may not be done at all unless the agency permits it; ``cure`` says how it may."""

    id: str = ""
    cure: str = ""


@dataclass(frozen=True, slots=True)
class RedFlag(Rule):
    """A circumstance that must be looked into; raised, it holds the transaction until someone resolves it."""

    id: str = ""
    question: str = ""
    diligence: str = ""


@dataclass(frozen=True, slots=True)
class Limit(Rule):
    """A cap: what counts, per whom, in which period; ``used`` + ``adds`` must stay within ``amount`` (numbers)."""

    id: str = ""
    counts: str = ""
    per: str = ""
    period: str = ""
    used: Tree = FALSE
    adds: Tree = FALSE
    amount: Tree = FALSE
    silent: str = ""


@dataclass(frozen=True, slots=True)
class Posture(Rule):
    """What the agency says it enforces of a provision from ``since``; laid over, never merged in."""

    stance: Literal["not enforced", "enforced"] = "not enforced"
    since: date = date.min
    unless: Tree | None = None
    instead: tuple[PolicyCase, ...] = ()


@dataclass(frozen=True, slots=True)
class Stay(Rule):
    """The provision is out of force from ``start`` through ``until`` and then returns by itself."""

    start: date = date.min
    until: date = date.max


AnyRule: TypeAlias = (
    Definition
    | Classification
    | Requirement
    | Relief
    | Restriction
    | ReviewPolicy
    | Prohibition
    | RedFlag
    | Limit
    | Posture
    | Stay
)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One row of the table beside a rule: facts as written, those left unstated (``?``), and what is expected."""

    title: str
    facts: dict[str, str]
    unstated: frozenset[str]
    expected: str
    on: date | None
    line: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A line of ``Not encoded``; ``when`` tells when it bears on an answer (None: never shown with answers)."""

    what: str
    why: str
    when: Tree | None
    citation: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Section:
    """A verb, a provision, our paraphrase, at most one rule, and the cases beside it."""

    verb: Verb
    provision: str
    text: str
    rule: AnyRule | None
    cases: tuple[CaseRow, ...]
    citation: str
    effective: date
    compliance: date
    known: date
    expires: date | None
    confidence: Confidence
    source: str
    file: str
    line: int
    order: tuple[date, date, int] = (date.min, date.min, 0)
    key: str = field(init=False, default="")

    def __post_init__(self) -> None:
        """Set ``key``, the permanent name of this version: instrument, verb, provision, day of effect."""
        object.__setattr__(self, "key", f"{self.citation} / {self.verb}: {self.provision} / {self.effective}")


@dataclass(frozen=True, slots=True)
class Instrument:
    """One document: a Federal Register document, a press release, a guidance paper."""

    citation: str
    title: str
    kind: str
    published: date
    known: date
    effective: date
    compliance: date
    source: str
    confidence: Confidence
    checked: date | None
    amends: tuple[str, ...]
    file: str
    sections: tuple[Section, ...]
    gaps: tuple[Gap, ...]

    @property
    def slug(self) -> str:
        """The citation as one word for links and commands: ``90-FR-4544``."""
        return re.sub(r"[^A-Za-z0-9]+", "-", self.citation).strip("-")


def joined(limbs: tuple[Limb, ...]) -> Tree:
    """The truth of a rule from its limbs."""
    whole = [limb.tree for limb in limbs if limb.kind in ("is", "when", "all")]
    alternatives = tuple(limb.tree for limb in limbs if limb.kind == "any")
    if alternatives:
        whole.append(any_of(alternatives))
    whole.extend(Not(limb.tree) for limb in limbs if limb.kind == "unless")
    flat: list[Tree] = []
    for tree in whole:
        flat.extend(tree.args if isinstance(tree, And) else (tree,))
    return all_of(tuple(flat))


def identifier(prefix: str, words: str) -> str:
    """A name usable in conditions: ``identifier('eccn', '3A090.a')`` is ``eccn_3a090_a``."""
    return f"{prefix}_{re.sub(r'[^a-z0-9]+', '_', words.lower()).strip('_')}"
