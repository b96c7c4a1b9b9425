"""Whether a history of one register is linearizable: the search of Wing and Gong, without its repetitions.

A history is linearizable where each call can be given a moment between its beginning and its end, so that
the calls, one after the other at those moments, have the answers that they had.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# What a register holds: a version, None where there is no object.
Value = int | None


@dataclass(frozen=True)
class Call:
    """A call and its answer.

    Attributes:
        began: When it was sent, in seconds.
        ended: When it was answered; infinite where nobody knows what became of it.
        kind: ``read``; or ``write``, which makes the register hold `value`.
        value: What was read, or is to be held; None for no object.
        wanted: What a condition wants the register to hold, where it has one.
        refused: Whether the answer is that this condition does not hold.
    """

    began: float
    ended: float
    kind: str
    value: Value
    wanted: Wanted | None = None
    refused: bool = False

    def after(self, held: Value) -> tuple[Value] | tuple[()]:
        """Give what the register holds after the call; nothing where its answer would be another one."""
        if self.kind == "read":
            return (held,) if held == self.value else ()
        holds = self.wanted is None or self.wanted.value == held
        if self.refused:
            return () if holds else (held,)
        if self.ended == math.inf and not holds:
            return (held,)
        return (self.value,) if holds else ()


@dataclass(frozen=True)
class Wanted:
    """A condition: If-None-Match: * where `value` is None, else If-Match."""

    value: Value


def is_linearizable(calls: Sequence[Call]) -> bool:
    """Judge a history of a register that holds nothing at its beginning."""
    calls = sorted(calls, key=lambda call: call.began)
    known = sum(1 << number for number, call in enumerate(calls) if call.ended < math.inf)
    # Which calls have had their moment, a bit for each, and what the register holds then.
    reached: set[tuple[int, Value]] = {(0, None)}
    left = [*reached]
    while left:
        done, held = left.pop()
        if done & known == known:
            return True
        for number in _next(calls, done):
            for value in calls[number].after(held):
                state = done | 1 << number, value
                if state not in reached:
                    reached.add(state)
                    left.append(state)
    return False


def _next(calls: Sequence[Call], done: int) -> Iterator[int]:
    """Find the calls that may be next: those that began before any other one that is left had ended."""
    first = (~done & (done + 1)).bit_length() - 1
    ended = math.inf
    for number in range(first, len(calls)):
        if calls[number].began > ended:
            return
        if not done >> number & 1:
            yield number
            ended = min(ended, calls[number].ended)
