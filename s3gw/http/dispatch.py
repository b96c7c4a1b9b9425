"""Which operation is a request? The tables are generated, the rule is here.

Among the entries of a level and method whose marks are all present, the most specific answers: one
entry is more specific than another when its query marks are a strict superset, or when they are
the same and its headers are a superset. The order of the entries decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from s3gw.errors import S3Error
from s3gw.generated import errors

_WRITES = frozenset(("DELETE", "POST", "PUT"))
_SIGNATURE = frozenset(("awsaccesskeyid", "expires", "signature", "x-id"))


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An entry of the catalogue: supported (with `profile` and what runs it) or not (with `why`).

    Attributes:
        marks: What in query and headers tells it apart, for people.
        twin_of: The operation that answers its requests, since none can tell the two apart.
        pfs: The calls of pfs_v2.API that it maps to.
        drops: Request headers that are accepted and not used.
        read: Makes the typed request from a call.
        handle: The handler, ``(context, request) -> result``.
        write: Lays the result out as an answer.
    """

    name: str
    feature: str
    level: str
    method: str
    marks: str
    twin_of: str | None = None
    profile: str | None = None
    summary: str | None = None
    pfs: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    read: Callable[..., Any] | None = None
    handle: Callable[..., Any] | None = None
    write: Callable[..., Any] | None = None
    why: str | None = None
    instead: str | None = None

    def refusal(self) -> str:
        """Say to a client why it is not supported, and the way round it."""
        reason = self.why or f"It belongs to the profile {self.profile}."
        return " ".join(
            part for part in (f"{self.name} ({self.feature}) is not supported.", reason, self.instead) if part
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry as a table holds it; a query mark without a value is ``(name, "")``."""

    operation: Operation
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[str, ...] = ()

    def matches(self, query: Mapping[str, str], environ: Mapping[str, Any]) -> bool:
        """Tell whether all marks are present."""
        for name, value in self.query:
            if name not in query or (value and query[name] != value):
                return False
        return all(header in environ for header in self.headers)


class Table:
    """The entries of one level and method, the most specific first.

    Attributes:
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
        self.candidates = candidates
        self._writes = method in _WRITES
        self._marks = frozenset(name for candidate in candidates for name, _ in candidate.query)
        self._headers = tuple({header for candidate in candidates for header in candidate.headers})
        self._known = parameters
        self._subresources = subresources
        unmarked = [c.operation for c in candidates if not c.query and not c.headers]
        self.default = unmarked[0] if unmarked else None

    def resolve(self, query: Mapping[str, str], environ: Mapping[str, Any]) -> Operation:
        """Find the operation.

        Args:
            query: Decoded parameters; one without a value has the value ``""``.
            environ: WSGI's environ, for the headers.

        Raises:
            S3Error: InvalidArgument where the parameters contradict each other, NotImplemented
                where a write names an unknown sub-resource, MethodNotAllowed where nothing
                matches.
        """
        # PERF: most requests have neither; this is the whole dispatch for them
        if not query and self.default is not None and not any(header in environ for header in self._headers):
            return self.default
        matching = [candidate for candidate in self.candidates if candidate.matches(query, environ)]
        best = matching[0] if matching else None
        marks = {name for name, _ in best.query} if best else set()
        for candidate in matching[1:]:
            if not marks.issuperset(name for name, _ in candidate.query):
                conflicting = sorted(marks | {name for name, _ in candidate.query})
                raise S3Error(
                    errors.InvalidArgument,
                    f"Conflicting query string parameters: {', '.join(conflicting)}",
                )
        if self._writes:
            self._refuse_leftovers(query, marks)
        if best is None:
            raise S3Error(errors.MethodNotAllowed)
        return best.operation

    def _refuse_leftovers(self, query: Mapping[str, str], used: set[str]) -> None:
        """Refuse a write that means more than the operation found for it: it could lose data."""
        for name, value in query.items():
            if name in used or name.lower() in _SIGNATURE or name.lower().startswith("x-amz-"):
                continue
            if name in self._marks:
                raise S3Error(
                    errors.InvalidArgument,
                    f"The parameter {name} belongs to an operation that needs other parameters too.",
                )
            if name in self._subresources or (value == "" and name not in self._known):
                raise S3Error(
                    errors.NotImplemented,
                    f"The sub-resource ?{name} of {self.method} {self.level} is not supported.",
                )
