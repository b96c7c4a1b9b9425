"""The judge of histories: it finds what no order of the calls explains, and nothing else."""

from __future__ import annotations

import math

import pytest

from tests.pachd.linear import Call, Wanted, is_linearizable

EXPLAINED = {
    "reads beside a write see either": [
        Call(0, 9, "write", 1),
        Call(1, 2, "read", None),
        Call(3, 4, "read", 1),
    ],
    "writes side by side end in any order": [
        Call(0, 5, "write", 1),
        Call(0, 5, "write", 2),
        Call(6, 7, "read", 1),
    ],
    "one of two creations is refused": [
        Call(0, 5, "write", 1, Wanted(None)),
        Call(0, 5, "write", 2, Wanted(None), refused=True),
        Call(6, 7, "read", 1),
    ],
    "a write of which nobody knows was made later": [
        Call(0, math.inf, "write", 1),
        Call(1, 2, "read", None),
        Call(3, 4, "read", 1),
    ],
    "or never": [Call(0, math.inf, "write", 1), Call(1, 2, "read", None)],
    "a removal": [Call(0, 1, "write", 1), Call(2, 3, "write", None), Call(4, 5, "read", None)],
}
NOT_EXPLAINED = {
    "a read misses a write that was acknowledged": [Call(0, 1, "write", 1), Call(2, 3, "read", None)],
    "a read goes back": [
        Call(0, 9, "write", 1),
        Call(1, 2, "read", 1),
        Call(3, 4, "read", None),
    ],
    "two creations": [
        Call(0, 5, "write", 1, Wanted(None)),
        Call(0, 5, "write", 2, Wanted(None)),
    ],
    "two replacements of one version": [
        Call(0, 1, "write", 1),
        Call(2, 5, "write", 2, Wanted(1)),
        Call(2, 5, "write", 3, Wanted(1)),
    ],
    "a refusal though the condition held": [
        Call(0, 1, "write", 1),
        Call(2, 3, "write", 2, Wanted(1), refused=True),
    ],
    "what was removed is back": [
        Call(0, 1, "write", 1),
        Call(2, 3, "write", None),
        Call(4, 5, "read", 1),
    ],
}


@pytest.mark.parametrize("history", EXPLAINED.values(), ids=EXPLAINED)
def test_a_history_that_an_order_explains_is_linearizable(history):
    assert is_linearizable(history)


@pytest.mark.parametrize("history", NOT_EXPLAINED.values(), ids=NOT_EXPLAINED)
def test_a_history_that_no_order_explains_is_not(history):
    assert not is_linearizable(history)
