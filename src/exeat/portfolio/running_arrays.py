"""Accounts of which everything is known, walked all at once over NumPy arrays.

A row fits if what was used before it and what it needs stay within its room; only then does it take. What was used
only grows, so once a row is refused, of those behind it only such can still fit as need no more than what was left.
The walk goes in rounds: a running sum over the rows that may still fit, up to the first refusal of each account, and
again over the few behind it that are left.

Amounts are whole ten-thousandths of a TPP. The caller sees to it that those of an account stay below 2**62 in sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Whole: TypeAlias = NDArray[np.int64]
Truth: TypeAlias = NDArray[np.bool_]

#: Each round is at least one refusal in every account left; accounts with more than so many are finished row by row.
ROUNDS = 100


def walk_known(key: Whole, moment: Whole, need: Whole, room: Whole, takes: Truth) -> tuple[Whole, Truth]:
    """What was used before each row, and whether it fits; rows may come in any order.

    Args:
        key: the account.
        moment: the place in time, no two alike within an account.
        need: what the row takes if it fits; not negative.
        room: what the account held at that time.
        takes: whether the row draws, or only must fit.
    """
    by_time, _ = _sorted(moment)
    places, key = _sorted(key[by_time])
    order = by_time[places]
    need, room = need[order], room[order]
    begins = _firsts(key)
    account = np.repeat(np.arange(len(begins)), np.diff(begins, append=len(key)))
    taken = np.where(takes[order] & (need <= room), need, 0)
    _refuse(account, need, room, taken, len(begins))
    before = np.cumsum(taken) - taken
    before -= before[begins][account]
    used, fits = np.empty_like(before), np.empty(len(key), np.bool_)
    used[order] = before
    fits[order] = need <= room - before
    return used, fits


def _refuse(account: Whole, need: Whole, room: Whole, taken: Whole, accounts: int) -> None:
    """Set ``taken`` to nothing in the rows that do not fit behind others; by account, in order of time."""
    at = np.flatnonzero(taken)
    whose, wanted, held = account[at], taken[at], room[at]
    used = np.zeros(accounts, np.int64)
    for _ in range(ROUNDS):
        if not len(at):
            return
        # Over all accounts the sum may pass 63 bits and wrap; the difference within one account is exact all the same.
        before = np.cumsum(wanted) - wanted
        begins = _firsts(whose)
        base = np.zeros(accounts, np.int64)
        base[whose[begins]] = before[begins] - used[whose[begins]]
        before -= base[whose]
        over = np.flatnonzero(wanted > held - before)
        if not len(over):
            return
        # The first refusal of each account: behind it, what no longer fits is dropped.
        first = over[_firsts(whose[over])]
        full = whose[first]
        used[full] = before[first]
        turn = np.full(accounts, len(at), np.int64)
        turn[full] = first
        behind = np.flatnonzero(np.arange(len(at)) >= turn[whose])
        left = wanted[behind] <= held[behind] - used[whose[behind]]
        taken[at[behind[~left]]] = 0
        kept = behind[left]
        at, whose, wanted, held = at[kept], whose[kept], wanted[kept], held[kept]
    rows = zip(whose.tolist(), at.tolist(), used[whose].tolist(), wanted.tolist(), held.tolist(), strict=True)
    fitting = np.fromiter((row for _, row, _ in greedy((a, r, u, n, h, True) for a, r, u, n, h in rows)), np.int64)
    refused = np.setdiff1d(at, fitting, assume_unique=True)
    taken[refused] = 0


def greedy(rows: Iterable[tuple[int, int, int, int, int, bool]]) -> Iterator[tuple[int, int, int]]:
    """The rows that fit, in order: account, row, and what it takes.

    Args:
        rows: account, row, used at the first of the account's rows, what the row needs, the room, and whether it
            draws (or only must fit); by account and time. Amounts in ten-thousandths of a TPP.
    """
    account, used = None, 0
    for key, row, start, tpp, room, takes in rows:
        if key != account:
            account, used = key, start
        if used + tpp <= room:
            taken = tpp if takes else 0
            used += taken
            yield key, row, taken


def _firsts(values: Whole) -> Whole:
    """The places at which a run of equal values begins."""
    return np.flatnonzero(np.concatenate((np.ones(min(len(values), 1), np.bool_), values[1:] != values[:-1])))


def _sorted(values: Whole) -> tuple[Whole, Whole]:
    """The places of values in their order, equal ones as they come; and numbers equal where these values are.

    To sort numbers is several times faster than to sort places by them: each carries its place in its last bits.
    """
    bits = max(len(values) - 1, 1).bit_length()
    packed = _squeezed(values, 63 - bits)
    if packed is None:
        places = np.argsort(values, kind="stable")
        return places, values[places]
    packed <<= bits
    packed |= np.arange(len(values))
    packed.sort()
    return packed & ((1 << bits) - 1), packed >> bits


def _squeezed(values: Whole, bits: int) -> Whole | None:
    """Numbers in the same order without the bits that are alike in all of them; None if more than ``bits`` are left."""
    differ = int(np.bitwise_or.reduce(values ^ values[:1])) if len(values) else 0
    if differ < 0 or differ.bit_count() > bits:
        return None  # numbers of both signs do not come up
    squeezed, width = np.zeros_like(values), 0
    while differ:
        low = (differ & -differ).bit_length() - 1
        run = (~(differ >> low) & ((differ >> low) + 1)).bit_length() - 1
        squeezed |= ((values >> low) & ((1 << run) - 1)) << width
        width += run
        differ = differ >> (low + run) << (low + run)
    return squeezed


__all__ = ["ROUNDS", "greedy", "walk_known"]
