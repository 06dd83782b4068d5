"""The short ways of a batch against the long ones: words near a word, words not read, words taken apart."""

from __future__ import annotations

import gc
from random import Random
from string import ascii_lowercase

import pytest
from rapidfuzz.distance import OSA

from exeat.screening.apart import taken_apart
from exeat.screening.collecting import without_collecting
from exeat.screening.index import Index
from exeat.screening.near import NearWords, likeness, sounds
from exeat.screening.screen import Screener
from exeat.screening.weighed import QueryWord
from exeat.screening.words import Word, known_words

STEMS = ("mohammad", "trading", "shipping", "aeio", "huawei", "technologiya", "yousef", "jing", "abc", "semiconductor")


def slipped(word: str, dice: Random) -> str:
    """A word with one to three letters left out, put in or changed."""
    letters = list(word)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(letters))
        letters[at] = dice.choice(["", letters[at] + dice.choice(ascii_lowercase), dice.choice("aeiouhkstz")])
    return "".join(letters) or word


def test_words_near_a_word_are_as_like_as_the_two_compared_alone() -> None:
    dice = Random(744)
    vocabulary = NearWords({slipped(dice.choice(STEMS), dice) for _ in range(600)} | set(STEMS))
    near = 0
    for _ in range(300):
        word = slipped(dice.choice(STEMS), dice)
        found = vocabulary._alike(word)
        assert word not in found
        assert all(value in (0.0, likeness(word, other)) for other, value in found.items())
        for other in vocabulary.words:
            alike = len(sounds(word)) > 1 and sounds(word) == sounds(other)
            if other != word and min(len(word), len(other)) >= 4 and (alike or OSA.distance(word, other) == 1):
                assert found.get(other, 0.0) == likeness(word, other), (word, other)
                near += 1
    assert near > 1000


def test_what_was_not_read_is_shared_as_if_each_name_were_looked_at(screener: Screener) -> None:
    index: Index = screener.index
    keys = sorted(index.built.postings)
    dice = Random(7)
    counted = 0
    for _ in range(200):
        later = []
        for at in range(dice.randint(1, 3)):
            gains = tuple(sorted((round(dice.random(), 2), key) for key in dice.sample(keys, dice.randint(1, 12))))
            later.append(QueryWord(Word(str(at), str(at), "plain"), 1.0, {}, gains))
        if len(later) > 1 and dice.random() < 0.5:
            later[1] = QueryWord(later[1].word, 1.0, {}, tuple(sorted({*later[1].gains, *later[0].gains[:2]})))
        left = [(name, dice.random()) for name in dice.sample(range(len(index.names)), min(8, len(index.names)))]
        gains_of = {key: gain for word in later for gain, key in word.gains}
        expected = {}
        for name, value in left:
            held = {word.key for word in index.names[name].words} & gains_of.keys()
            if len(held) == 1:
                value += gains_of[next(iter(held))]
            elif held:
                for word in later:
                    value += max((gain for gain, key in word.gains if key in held), default=0.0)
            counted += bool(held)
            expected[name] = value
        assert dict(index._with_later(left, later)) == expected
    assert counted > 50


@pytest.mark.parametrize(
    ("joined", "parts"),
    [("huaweitechnologies", ["huawei", "technologies"]), ("shippingline", ["shipping", "line"]), ("qqqqxxxx", None)],
)
def test_joined_words_are_taken_apart(joined: str, parts: list[str] | None) -> None:
    vocabulary = NearWords([*known_words(), "huawei", "hua", "wei", "tech", "line"])
    pieces = taken_apart(Word(joined, joined, "plain"), vocabulary)
    assert (pieces and [piece.surface for piece in pieces]) == parts


def test_a_batch_gives_each_name_the_answer_it_gets_alone_in_the_order_asked(screener: Screener) -> None:
    names = ["zhongxing telecom", "", "Huawie Technologies", "Almaz Antey Telecom", "huawie technologies", "x" * 2000]
    asked = [f"{name} {number % 97}".strip() if number % 2 else name for number in range(600) for name in names[:3]]
    asked += names
    alone = {name: screener.screen(name) for name in set(asked)}
    for processes in (1, 2):
        assert screener.screen_many(asked, processes) == [alone[name] for name in asked]


def test_the_collector_works_again_after_an_error() -> None:
    assert gc.isenabled()
    with without_collecting():
        assert not gc.isenabled()
    with pytest.raises(ZeroDivisionError), without_collecting():
        print(1 / 0)
    assert gc.isenabled()
