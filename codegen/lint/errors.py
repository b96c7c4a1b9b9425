"""The table of errors, and what refers to it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from codegen.catalogue import Catalogue


def error_table(catalogue: Catalogue) -> Iterator[str]:
    """Codes that stand twice, and answers that are no code."""
    counts = Counter(row["code"] for row in catalogue.errors)
    for code, count in counts.items():
        if count > 1:
            yield f"errors.yaml: {code}: the code stands more than once: delete all rows but one"
    for status, count in Counter(row["status"] for row in catalogue.http_errors).items():
        if count > 1:
            yield f"errors.yaml: {status}: the status stands more than once: delete all rows but one"
    answers = [(row["status"], row["answer"]) for row in catalogue.http_errors]
    for row in catalogue.pfs_errors:
        answers += [(row["error"], answer) for answer in (row["answer"], *row.get("in", {}).values())]
    for error, answer in answers:
        if answer not in counts:
            what = f"its answer {answer} is no code of the table"
            yield f"errors.yaml: {error}: {what}: add a row, or choose another"


def error_uses(catalogue: Catalogue, root: Path) -> Iterator[str]:
    """Codes that the code uses and the table lacks."""
    codes = {row["code"] for row in catalogue.errors} | {"ErrorKind", "HTTP_ERRORS", "PFS_ERRORS"}
    for path in sorted((root / "s3gw").rglob("*.py")):
        for code, line in _codes_used(path.resolve(), path.stat().st_mtime_ns):
            if code not in codes:
                place = f"{path.relative_to(root)}:{line}"
                yield f"errors.yaml: {code}: {place} uses a code that the table lacks: add a row"


@cache
def _codes_used(path: Path, _modified_ns: int) -> list[tuple[str, int]]:
    """Give the codes that a module uses, each with its line."""
    return [
        (node.attr, node.lineno)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "errors"
    ]


def pfs_errors(catalogue: Catalogue, root: Path) -> Iterator[str]:
    """Errors of the PFS interface without an answer, and answers to none."""
    interface = ast.parse((root / "s3gw" / "pfs" / "interface.py").read_text(encoding="utf-8"))
    defined: set[str] = set()
    for node in interface.body:  # a base stands before what is derived from it
        bases = {base.id for base in getattr(node, "bases", ()) if isinstance(base, ast.Name)}
        if isinstance(node, ast.ClassDef) and bases & {"PFSError", *defined}:
            defined.add(node.name)
    counts = Counter(row["error"] for row in catalogue.pfs_errors)
    for error, count in counts.items():
        if error not in defined:
            what = "no such error in s3gw/pfs/interface.py"
            yield f"errors.yaml: {error}: {what}: define it there, or delete the row"
        if count > 1:
            yield f"errors.yaml: {error}: it is answered twice: delete all rows but one"
    for error in sorted(defined - set(counts)):
        what = "an error of s3gw/pfs/interface.py without an answer"
        yield f"errors.yaml: {error}: {what}: add a row below `pfs`"


def error_members(catalogue: Catalogue) -> Iterator[str]:
    """Members that errors tell: each is an optional member of the shape Error, and each of these is told."""
    shape = catalogue.responses["Error"]["members"]
    optional = {name for name, given in shape.items() if isinstance(given, dict) and given.get("optional")}
    told: set[str] = set()
    for row in catalogue.errors:
        for member in row.get("members", ()):
            told.add(member)
            if member not in optional:
                what = f"it tells {member}, which is no optional member of the shape Error"
                yield f"errors.yaml: {row['code']}: {what}: add it to shapes.yaml"
    for member in sorted(optional - told):
        yield f"shapes.yaml: Error: no error tells {member}: name it in errors.yaml, or delete it"
