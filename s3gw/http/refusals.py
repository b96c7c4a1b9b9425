"""Members of a request that ask for what an operation has not: refused, never dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from s3gw.generated.errors import ErrorKind
from s3gw.s3_error import S3Error


class Refusal(NamedTuple):
    """A header or parameter that is refused.

    Attributes:
        kind: What it is answered.
        feature: Of S3, for which it asks.
        pattern: Its name, a header's in lower case; a trailing ``*`` stands for any rest.
        unless: Values that ask for nothing, in lower case.
    """

    kind: ErrorKind
    feature: str
    pattern: str
    unless: tuple[str, ...]


class Refusals:
    """What one operation refuses, among headers or among parameters."""

    def __init__(self, *rows: Refusal) -> None:
        self._rows = rows
        # PERF: one look at a name is enough for nearly all of them
        self._beginnings = tuple(row.pattern.removesuffix("*") for row in rows)

    def check(self, given: Mapping[str, str]) -> None:
        """Raise S3Error where one of these asks for what is not there."""
        beginnings = self._beginnings
        for name in given:
            if name.startswith(beginnings):
                self._judge(name, given[name])

    def _judge(self, name: str, value: str) -> None:
        for row in self._rows:
            found = name.startswith(row.pattern[:-1]) if row.pattern.endswith("*") else name == row.pattern
            if found and value.strip().lower() not in row.unless:
                message = f"{name} asks for {row.feature}, which is not supported here: leave it out."
                raise S3Error(row.kind, message)
