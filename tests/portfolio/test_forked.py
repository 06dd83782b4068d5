"""Tasks shared out among processes: each is done once, and whatever ends a process is told."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from hashlib import blake2b

import pytest

from exeat.portfolio.forked import Claims, can_fork, shared_out
from exeat.terms import InputError

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system does not fork processes that have threads")


def done_by(processes: int, work: Callable[[int, int], None], tasks: int = 20) -> list[list[tuple[int, int]]]:
    """What each process did."""
    did: list[tuple[int, int]] = []

    def noted(place: int, task: int) -> None:
        work(place, task)
        did.append((place, task))

    return shared_out(range(tasks), processes, noted, lambda: did, lambda begun: None)


@pytest.mark.parametrize("processes", [1, 2, 3, 100])
def test_every_task_is_done_once(processes: int) -> None:
    found = done_by(processes, lambda place, task: time.sleep(0.002))
    assert sorted(task for told in found for _, task in told) == list(range(20))
    for place, told in enumerate(found):
        assert {where for where, _ in told} <= {place}


def test_no_tasks() -> None:
    assert done_by(2, lambda place, task: None, 0) == [[]]


def test_a_refusal_in_another_process_is_a_refusal_here() -> None:
    def work(place: int, task: int) -> None:
        time.sleep(0.01)
        if place == 1:
            raise InputError("row 7 says two things")

    with pytest.raises(InputError, match="row 7 says two things"):
        done_by(2, work)


def test_an_error_of_our_own_says_what_it_was() -> None:
    def work(place: int, task: int) -> None:
        time.sleep(0.01)
        if place == 1:
            raise KeyError("a fact")

    with pytest.raises(RuntimeError, match="KeyError: 'a fact'"):
        done_by(2, work)


def test_a_process_that_is_killed_is_told_in_one_line() -> None:
    def work(place: int, task: int) -> None:
        time.sleep(0.01)
        if place == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(InputError, match="ended without a word"):
        done_by(2, work)


def test_one_process_claims_what_all_find() -> None:
    claims = Claims()
    digests = [blake2b(bytes([n]), digest_size=16).digest() for n in range(50)]
    first: list[int] = []

    def work(place: int, task: int) -> None:
        time.sleep(0.002)
        first.extend(n for n, digest in enumerate(digests) if claims.first(digest))

    found = shared_out(range(8), 3, work, lambda: first, lambda begun: None)
    assert sorted(n for told in found for n in told) == list(range(50))


def test_without_room_all_are_told_to_do_it() -> None:
    claims = Claims(room=2)
    digests = [blake2b(bytes([n]), digest_size=16).digest() for n in range(3)]
    assert [claims.first(digest) for digest in (*digests, *digests)] == [True, True, True, False, False, True]
