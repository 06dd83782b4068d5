"""How alike is an asked name and a listed one? A number from 0 to 1 that can be read word by word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rapidfuzz.distance import DamerauLevenshtein

from exeat.screening.weighed import AskedName, ListedName, QueryWord, compact

#: At or above this a listed name is reported. Measured in benchmarks/screening: see its README for what it finds
#: and how often it errs.
THRESHOLD = 0.73


@dataclass(frozen=True, slots=True)
class Costs:
    """What differences cost, in units of word weight.

    ``asked`` a word only the asked name has; ``listed`` a word only the listed one has; ``both`` is added on the
    smaller of the two sides, because words that stand against each other speak for two firms; ``spelling`` what a
    misspelled word lacks. ``evidence`` is the weight of common words below which differences count for more.
    """

    asked: float = 0.75
    listed: float = 0.21
    both: float = 0.75
    spelling: float = 1.8
    evidence: float = 0.45
    short: float = 1.6


COSTS = Costs()


class WordMatch(NamedTuple):
    """One line of the explanation. ``asked`` or ``listed`` is empty where a word has no counterpart."""

    asked: str
    listed: str
    likeness: float
    weight: float
    kind: str

    def to_dict(self) -> dict[str, Any]:
        """As plain data; ``weight`` 0 to 1 says how much the word can decide."""
        return {
            "asked": self.asked or None, "listed": self.listed or None, "likeness": round(self.likeness, 2),
            "weight": round(self.weight, 3), "kind": self.kind,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class NameScore:
    """The score of one listed name with its word-by-word account."""

    score: float
    words: tuple[WordMatch, ...]
    reason: str = ""


def score_of(asked: AskedName, listed: ListedName, costs: Costs = COSTS) -> float:
    """The score alone, 0 to 1 (see :func:`explain` for the account)."""
    return balance(asked, listed).score(costs)


def explain(asked: AskedName, listed: ListedName, costs: Costs = COSTS) -> NameScore:
    """The score and the words that made it, heaviest first."""
    account: list[WordMatch] = []
    score = balance(asked, listed, account).score(costs)
    account.sort(key=lambda line: -line.weight)
    same = [line for line in account if line.asked and line.listed]
    odd = [line for line in account if not (line.asked and line.listed) and line.weight > 0.1]
    reason = (
        "decided by "
        + ", ".join(f"{line.listed}" if line.likeness == 1 else f"{line.asked}~{line.listed}" for line in same[:3])
        if same
        else "the letters written together are the same"
    )
    if odd:
        reason += "; not shared: " + ", ".join(line.asked or line.listed for line in odd[:3])
    return NameScore(score, tuple(account), reason)


class Balance(NamedTuple):
    """What two names share and what they lack, in units of word weight.

    ``lost`` is the weight misspelling takes from what is shared; ``small`` the legal forms and branch words on one
    side only; ``short`` says the listed name is an acronym or weak alias.
    """

    matched: float
    lost: float
    only_asked: float
    only_listed: float
    small: float
    short: bool

    def score(self, costs: Costs = COSTS) -> float:
        """The score, 0 to 1."""
        if self.matched <= 0.0:
            return 0.0
        asked = self.only_asked * (costs.short if self.short else 1.0)
        penalty = costs.asked * asked + costs.listed * self.only_listed + costs.both * min(asked, self.only_listed)
        penalty += costs.spelling * self.lost
        if self.matched < costs.evidence:
            penalty *= costs.evidence / self.matched
        return self.matched / (self.matched + penalty + 0.4 * self.small)


def balance(asked: AskedName, listed: ListedName, account: list[WordMatch] | None = None) -> Balance:
    """Put the words together one to one and weigh what is left over; each line goes to ``account``."""
    words, listed_words, weights = asked.words, listed.words, listed.weights
    short = listed.short
    matched = lost = 0.0
    q_left = list(range(len(words)))
    l_left = list(range(len(listed_words)))
    for likeness, i, j in _pairs(asked, listed):
        if short and likeness < 1.0:
            continue
        weight = weights[j]
        matched += weight * likeness
        lost += weight * (1 - likeness)
        q_left.remove(i)
        l_left.remove(j)
        if account is not None:
            word = listed_words[j]
            account.append(WordMatch(words[i].word.surface, word.surface, likeness, weight, word.kind))
    if q_left and l_left:
        matched, lost = _joined(words, listed, q_left, l_left, matched, lost, account)
    if account is not None:
        account.extend(WordMatch(words[i].word.surface, "", 0.0, words[i].weight, words[i].word.kind) for i in q_left)
        account.extend(WordMatch("", listed_words[j].surface, 0.0, weights[j], listed_words[j].kind) for j in l_left)
    only_asked = only_listed = small = 0.0
    for i in q_left:
        if asked.small[i]:
            small += asked.costs[i]
        else:
            only_asked += asked.costs[i]
    for j in l_left:
        if listed_words[j].kind in ("legal", "branch"):
            small += weights[j]
        else:
            only_listed += weights[j]
    return Balance(matched, lost, only_asked, only_listed, small, listed.short)


def _pairs(asked: AskedName, listed: ListedName) -> list[tuple[float, int, int]]:
    """Words put together one to one, most alike first, heavier first among equals."""
    possible: list[tuple[float, int, int]] = []
    stands = asked.stands
    clash = False
    used = 0
    for j, word in enumerate(listed.words):
        held = stands.get(word.key)
        if held is not None:
            if len(held) > 1:
                clash = True
            for likeness, i in held:
                bit = 1 << i
                if used & bit:
                    clash = True
                used |= bit
                possible.append((likeness, i, j))
    if not clash:
        return possible
    weights = listed.weights
    possible.sort(key=lambda pair: (-pair[0], -weights[pair[2]], abs(pair[1] - pair[2])))
    used_q: set[int] = set()
    used_l: set[int] = set()
    chosen = []
    for pair in possible:
        _, i, j = pair
        if i not in used_q and j not in used_l:
            used_q.add(i)
            used_l.add(j)
            chosen.append(pair)
    return chosen


def _joined(
    asked: Sequence[QueryWord], listed: ListedName, q_left: list[int], l_left: list[int],
    matched: float, lost: float, account: list[WordMatch] | None,
) -> tuple[float, float]:  # fmt: skip
    """Words written together on one side only: what is left over, compared without gaps."""
    q_plain = [i for i in q_left if asked[i].word.kind not in ("legal", "branch")]
    l_plain = [j for j in l_left if listed.words[j].kind not in ("legal", "branch")]
    if not q_plain or not l_plain:
        return matched, lost
    if len(q_plain) == len(l_plain) == 1:
        return _misspelled(asked, listed, q_left, l_left, q_plain[0], l_plain[0], matched, lost, account)
    q_text = compact([asked[i].word for i in q_plain])
    l_text = compact([listed.words[j] for j in l_plain])
    longer = max(len(q_text), len(l_text))
    if longer < 5 or abs(len(q_text) - len(l_text)) > 2:
        return matched, lost
    edits = DamerauLevenshtein.distance(q_text, l_text, score_cutoff=2)
    if edits > (2 if longer >= 10 else 1):
        return matched, lost
    likeness = 0.96 - 0.05 * edits
    weight = sum(listed.weights[j] for j in l_plain)
    if account is not None:
        q_words = " ".join(asked[i].word.surface for i in q_plain)
        l_words = " ".join(listed.words[j].surface for j in l_plain)
        account.append(WordMatch(q_words, l_words, likeness, weight, "joined"))
    for i in q_plain:
        q_left.remove(i)
    for j in l_plain:
        l_left.remove(j)
    return matched + weight * likeness, lost + weight * (1 - likeness)


def _misspelled(
    asked: Sequence[QueryWord], listed: ListedName, q_left: list[int], l_left: list[int], i: int, j: int,
    matched: float, lost: float, account: list[WordMatch] | None,
) -> tuple[float, float]:  # fmt: skip
    """One word left on each side: where all else agrees, two or three slips in it are still slips."""
    a, b = asked[i].word.surface, listed.words[j].surface
    longer = max(len(a), len(b))
    if longer < 5 or not a.isalpha() or not b.isalpha() or matched < 0.4 * listed.weights[j]:
        return matched, lost
    if a[0] != b[0] and a[-1] != b[-1]:
        return matched, lost
    likeness = 1 - DamerauLevenshtein.distance(a, b, score_cutoff=4) / longer
    if likeness < 0.6:
        return matched, lost
    likeness *= 0.95
    weight = listed.weights[j]
    if account is not None:
        account.append(WordMatch(a, b, likeness, weight, listed.words[j].kind))
    q_left.remove(i)
    l_left.remove(j)
    return matched + weight * likeness, lost + weight * (1 - likeness)
