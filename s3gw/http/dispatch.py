"""Which operation is a request? The tables are generated, the rule is here.

Among the entries of a level and method whose marks are all present, the most specific answers: one
entry is more specific than another when its query marks are a strict superset, or when they are
the same and its headers are a superset. The order of the entries decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from s3gw.addressing.buckets import Buckets
from s3gw.addressing.keys import KeyCode
from s3gw.generated import errors
from s3gw.generated.wire import HEADER_PREFIX, SIGNATURES, WRITES
from s3gw.http.operation import Operation
from s3gw.s3_error import S3Error, invalid_argument


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry as a table holds it; a query mark without a value is ``(name, "")``."""

    operation: Operation[Any, Any]
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[str, ...] = ()

    def matches(self, query: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Tell whether all marks are present."""
        for name, value in self.query:
            if name not in query or (value and query[name] != value):
                return False
        return all(header in headers for header in self.headers)


class Table:
    """The entries of one level and method, the most specific first.

    Attributes:
        marks: The parameters that tell its entries apart.
        default: The entry without marks, if there is one.
    """

    def __init__(
        self,
        level: str,
        method: str,
        candidates: tuple[Candidate, ...],
        parameters: frozenset[str],
        subresources: frozenset[str],
    ) -> None:
        self.level = level
        self.method = method
        self.marks = frozenset(name for candidate in candidates for name, _ in candidate.query)
        self._candidates = candidates
        self._writes = method in WRITES
        self._headers = tuple({header for candidate in candidates for header in candidate.headers})
        self._known = parameters
        self._subresources = subresources
        unmarked = [c.operation for c in candidates if not c.query and not c.headers]
        self.default = unmarked[0] if unmarked else None

    def resolve(self, query: Mapping[str, str], headers: Mapping[str, str]) -> Operation[Any, Any] | None:
        """Find the operation; None where no entry matches.

        Args:
            query: Decoded parameters; one without a value has the value ``""``.
            headers: By their names in lower case.

        Raises:
            S3Error: InvalidArgument where the parameters contradict each other, NotImplemented
                where a write names an unknown sub-resource.
        """
        # PERF: most requests have neither; this is the whole dispatch for them
        if not query and self.default is not None and not any(header in headers for header in self._headers):
            return self.default
        matching = [candidate for candidate in self._candidates if candidate.matches(query, headers)]
        best = matching[0] if matching else None
        marks = {name for name, _ in best.query} if best else set()
        for candidate in matching[1:]:
            if not marks.issuperset(name for name, _ in candidate.query):
                conflicting = ", ".join(sorted(marks | {name for name, _ in candidate.query}))
                message = f"Conflicting query string parameters: {conflicting}"
                raise invalid_argument("ResourceType", conflicting, message)
        if self._writes:
            self._refuse_leftovers(query, marks)
        return best.operation if best else None

    def is_subresource(self, name: str) -> bool:
        """Tell whether a parameter names, by itself, something else than the object or bucket."""
        return name in self.marks and name in self._subresources

    def _refuse_leftovers(self, query: Mapping[str, str], used: set[str]) -> None:
        """Refuse a write that means more than the operation found for it: it could lose data."""
        for name, value in query.items():
            if name in used or name.lower() in SIGNATURES or name.lower().startswith(HEADER_PREFIX):
                continue
            if name in self.marks:
                message = f"The parameter {name} belongs to an operation that needs other parameters too."
                raise invalid_argument(name, value, message)
            if name in self._subresources or (value == "" and name not in self._known):
                raise S3Error(
                    errors.NotImplemented,
                    f"The sub-resource ?{name} of {self.method} {self.level} is not supported.",
                )


class Profile:
    """The operations as one profile has them, and the tables that tell them apart.

    Attributes:
        keys: How it writes keys as paths.
        buckets: How its buckets are named.
    """

    def __init__(
        self,
        name: str,
        summary: str,
        keys: KeyCode,
        buckets: Buckets,
        operations: tuple[Operation[Any, Any], ...],
        tables: tuple[Table, ...],
    ) -> None:
        self.name = name
        self.summary = summary
        self.keys = keys
        self.buckets = buckets
        self.operations = operations
        self._tables = {(table.level, table.method): table for table in tables}

    def resolve(
        self, level: str, method: str, query: Mapping[str, str], headers: Mapping[str, str]
    ) -> Operation[Any, Any]:
        """Find the operation of a request.

        Raises:
            S3Error: As `Table.resolve`, and MethodNotAllowed where S3 has no such request.
        """
        table = self._tables.get((level, method))
        if table is None:
            raise self._not_allowed(level, method)
        if method == "HEAD" and query:
            self._refuse_head_of_subresource(table, query)
        operation = table.resolve(query, headers)
        if operation is None:
            raise self._not_allowed(level, method)
        return operation

    def _refuse_head_of_subresource(self, table: Table, query: Mapping[str, str]) -> None:
        """Refuse a HEAD of what only has a GET: it would describe the object or bucket instead."""
        gets = self._tables[table.level, "GET"]
        for name in query:
            if gets.is_subresource(name) and name not in table.marks:
                raise self._not_allowed(table.level, "HEAD", name)

    def _not_allowed(self, level: str, method: str, subresource: str | None = None) -> S3Error:
        """Make the MethodNotAllowed that names the methods which are."""
        allowed = sorted(
            table.method
            for (at, _), table in self._tables.items()
            if at == level and (table.default if subresource is None else subresource in table.marks)
        )
        return S3Error(
            errors.MethodNotAllowed,
            headers={"Allow": ", ".join(allowed)},
            method=method[:40],
            resource_type=(subresource or level).upper(),
        )
