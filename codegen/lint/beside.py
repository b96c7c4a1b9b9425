"""Entries beside each other: no request may be two operations."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator

from codegen.catalogue import Catalogue, Operation
from codegen.lint.problem import problem


def duplicate_names(operations: tuple[Operation, ...]) -> Iterator[str]:
    """Names that stand more than once."""
    counts = Counter(operation.name for operation in operations)
    for operation in operations:
        if counts[operation.name] > 1:
            yield problem(operation, "the name stands more than once", "delete all entries but one")


def _rivals(operations: tuple[Operation, ...]) -> Iterator[tuple[Operation, Operation]]:
    """Pairs of entries of one level and method; twins are never routed, so they are no rivals."""
    routed = [operation for operation in operations if operation.twin_of is None]
    for one, other in itertools.combinations(routed, 2):
        if one.name != other.name and one.method == other.method and set(one.levels) & set(other.levels):
            yield one, other


def same_marks(operations: tuple[Operation, ...]) -> Iterator[str]:
    """Entries that no request tells apart."""
    for one, other in _rivals(operations):
        if one.query == other.query and one.headers == other.headers:
            yield problem(
                other,
                f"the same requests are {one.name} ({one.file})",
                f"add a mark that tells them apart, or `twin_of: {one.name}`",
            )


def twins(operations: tuple[Operation, ...]) -> Iterator[str]:
    """Twins that are none."""
    by_name = {operation.name: operation for operation in operations}
    for operation in operations:
        if operation.twin_of is None:
            continue
        other = by_name.get(operation.twin_of)
        if other is None:
            yield problem(
                operation,
                f"its twin {operation.twin_of} is no entry",
                "name an operation of the catalogue",
            )
        elif other is operation:
            yield problem(operation, "it is its own twin", "drop twin_of")
        elif other.twin_of is not None:
            yield problem(
                operation,
                f"its twin {other.name} is a twin itself",
                f"name {other.twin_of} instead",
            )
        elif operation.supported is not None:
            yield problem(operation, f"{other.name} answers for it", "make it unsupported, or drop twin_of")
        elif (operation.levels, operation.method, operation.query, operation.headers) != (
            other.levels,
            other.method,
            other.query,
            other.headers,
        ):
            yield problem(
                operation,
                f"its requests differ from those of its twin {other.name}",
                "give both the same marks, or drop twin_of",
            )


def no_order(operations: tuple[Operation, ...]) -> Iterator[str]:
    """Two entries that one request could match, neither more specific than the other.

    Different query marks need no order: a request with the marks of both contradicts itself, and
    is refused. Different headers do, since clients send many.
    """
    for one, other in _rivals(operations):
        if one.query != other.query or one.headers <= other.headers or other.headers <= one.headers:
            continue
        both = one.headers | other.headers
        shared = set(one.levels) & set(other.levels)
        covered = any(
            third.query == one.query
            and third.headers == both
            and third.method == one.method
            and shared <= set(third.levels)
            for third in operations
        )
        if not covered:
            yield problem(
                other,
                f"a request with the headers {', '.join(sorted(both))} matches {one.name} "
                f"({one.file}) as well, and nothing decides",
                "tell them apart by a query mark, or add an entry for both headers",
            )


def values_overlap(operations: tuple[Operation, ...]) -> Iterator[str]:
    """Two entries told apart only by whether a parameter must have a value: nothing decides."""
    for one, other in _rivals(operations):
        if one.query_names != other.query_names:
            continue
        marks = dict(mark.partition("=")[::2] for mark in one.query)
        loose = sorted(
            name
            for name, value in (mark.partition("=")[::2] for mark in other.query)
            if (marks[name] == "") != (value == "")
        )
        contradict = any(
            value and marks[name] and value != marks[name]
            for name, value in (mark.partition("=")[::2] for mark in other.query)
        )
        if loose and not contradict:
            yield problem(
                other,
                f"a request can match {one.name} ({one.file}) as well, since only one of them "
                f"asks for a value of {', '.join(loose)}",
                "give both a value, or tell them apart by another mark",
            )


def unreachable(catalogue: Catalogue) -> Iterator[str]:
    """Entries with a mark that no request can have, or that is never looked at."""
    never = catalogue.unrouted
    for operation in catalogue.operations:
        names = Counter(mark.partition("=")[0] for mark in operation.query)
        for name, count in names.items():
            if count > 1:
                yield problem(operation, f"no request has {name} twice", "keep one mark for it")
            if name.lower() in never or name.lower().startswith(catalogue.wire.header_prefix):
                yield problem(
                    operation,
                    f"it can never be reached: {name} takes no part in routing",
                    "choose another mark",
                )
