"""The entries beside the AWS model: its operations, methods, marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from codegen.catalogue import Operation
from codegen.lint.problem import problem
from codegen.model import ModelOperation


def missing_from_catalogue(
    operations: tuple[Operation, ...], model: dict[str, ModelOperation]
) -> Iterator[str]:
    """Operations of the AWS model that the catalogue lacks."""
    named = {operation.name for operation in operations}
    for name in sorted(model.keys() - named):
        operation = model[name]
        match = _match(operation.marks, operation.required_headers if not operation.marks else ())
        yield (
            f"spec/operations: {name}: the AWS model has it and the catalogue lacks it: add to a file there "
            f"`- {{name: {name}, feature: ..., level: {operation.level}, method: {operation.method}, "
            f"{match}unsupported: {{why: ...}}}}`"
        )


def _match(query: Iterable[str], headers: Iterable[str]) -> str:
    parts = [
        f"{key}: [{', '.join(sorted(marks))}]"
        for key, marks in (("query", query), ("headers", headers))
        if marks
    ]
    return f"match: {{{', '.join(parts)}}}, " if parts else ""


def missing_from_model(operations: tuple[Operation, ...], model: dict[str, ModelOperation]) -> Iterator[str]:
    """Operations that the AWS model lacks."""
    for operation in operations:
        if operation.name not in model and operation.outside_model is None:
            yield problem(
                operation,
                "the AWS model has no such operation",
                "correct the name, or say why in outside_model",
            )
        if operation.name in model and operation.outside_model is not None:
            yield problem(operation, "the AWS model has it", "drop outside_model")


def differs_from_model(operations: tuple[Operation, ...], model: dict[str, ModelOperation]) -> Iterator[str]:
    """Entries that tell another request than the AWS model."""
    for operation in operations:
        found = model.get(operation.name)
        if found is None:
            continue
        if operation.method != found.method:
            yield problem(operation, f"its method is {operation.method}", f"the model has {found.method}")
        if operation.levels != (found.level,):
            yield problem(
                operation,
                f"its level is {' or '.join(operation.levels)}",
                f"the model has {found.level}",
            )
        if not found.literals <= operation.query <= found.marks:
            needed = ", ".join(sorted(found.literals)) or "none"
            extra = ", ".join(sorted(found.required_query)) or "none"
            yield problem(
                operation,
                f"its query marks are {', '.join(sorted(operation.query)) or 'none'}",
                f"the model has {needed}, and may add {extra}",
            )
        if not operation.headers <= found.required_headers:
            yield problem(
                operation,
                f"its headers are {', '.join(sorted(operation.headers))}",
                f"the model requires {', '.join(sorted(found.required_headers)) or 'none'}",
            )
        status = (operation.supported or {}).get("status", found.status)
        usual = status[0] if isinstance(status, list) else status
        if usual != found.status:
            yield problem(operation, f"its status is {usual}", f"the model has {found.status}")
