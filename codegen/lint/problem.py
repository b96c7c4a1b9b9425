"""A problem as a line: file, entry, what is wrong, how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from codegen.catalogue import Operation


def problem(operation: Operation, what: str, mend: str) -> str:
    """Tell what is wrong with an entry."""
    return f"{operation.file}: {operation.name}: {what}: {mend}"


def served(operations: tuple[Operation, ...]) -> Iterator[tuple[Operation, dict[str, Any]]]:
    """Give the operations that are supported, with what they say of it."""
    for operation in operations:
        if operation.supported is not None:
            yield operation, operation.supported
