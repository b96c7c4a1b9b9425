"""The one exception that stands for an answer with an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Refusal(Exception):
    """An answer that is an error: the name of a gRPC code, and pachd's text.

    Plain errors of pachd arrive as UNKNOWN.
    """

    def __init__(self, text: str, code: str = "UNKNOWN") -> None:
        super().__init__(text)
        self.code = code


def missing(text: str) -> Refusal:
    """Say that something is not there."""
    return Refusal(f"{text} not found", "NOT_FOUND")


@contextmanager
def within(context: str) -> Iterator[None]:
    """Put a context before what is refused; the code stays."""
    try:
        yield
    except Refusal as refusal:
        raise Refusal(f"{context}: {refusal}", refusal.code) from refusal
