"""What each entry takes of whoever asks: none may be forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from codegen.catalogue import Catalogue, Operation
from codegen.lint.problem import problem

# Of an operation that asks nobody.
ANYBODY = "anybody"

# Where a right can be needed, by the level of the operation.
_REACHES = {
    "service": frozenset(("service",)),
    "bucket": frozenset(("bucket", "part", "prefix")),
    "object": frozenset(("key",)),
}


def rights(catalogue: Catalogue) -> Iterator[str]:
    """Entries without a right, with one that there is not, or with a reach that they cannot have."""
    known = [*catalogue.authentication.rights, ANYBODY]
    for operation in catalogue.operations:
        if operation.right is None:
            choice = f"add `right: ` and one of {', '.join(known)}"
            yield problem(operation, "nothing says which right it needs", choice)
        elif operation.right not in known:
            what = f"there is no right {operation.right}"
            yield problem(operation, what, "name one of spec/authentication.yaml, or add it there")
        yield from _reach(operation)


def _reach(operation: Operation) -> Iterator[str]:
    reach = operation.reach
    if reach is None:
        return
    possible = frozenset[str].intersection(*(_REACHES[level] for level in operation.levels))
    if operation.right == ANYBODY:
        yield problem(operation, f"it asks nobody, so its reach {reach} says nothing", "drop reach")
    elif reach not in possible:
        what = f"the right of an operation at the level {operation.levels[0]} cannot be needed at {reach}"
        yield problem(operation, what, f"write one of {', '.join(sorted(possible))}, or drop reach")
    elif reach == "prefix" and not reads_prefix(operation):
        yield problem(operation, "its reach is prefix, which it does not read", "read it, or write part")


def reads_prefix(operation: Operation) -> bool:
    """Tell whether an operation reads the parameter prefix, where it is served."""
    return "prefix" in (operation.supported or {}).get("request", {}).get("query", {})
