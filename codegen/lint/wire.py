"""What requests have in common, beside the AWS model and the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from codegen.catalogue import Catalogue
from codegen.model import ModelOperation, checksums

# Members of the model that make a request conditional; those of a copy's source are about what is read.
_CONDITIONAL = ("if-*", "x-amz-if-match-*")
_READS = frozenset(("GET", "HEAD", "OPTIONS"))


def digests(catalogue: Catalogue, root: Path) -> Iterator[str]:
    """Checksums that the AWS model or the code has not, or that are missing."""
    module = ast.parse((root / "s3gw" / "digests.py").read_text(encoding="utf-8"))
    defined = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    named = [checksum["name"] for checksum in catalogue.wire.checksums]
    for checksum in catalogue.wire.checksums:
        name, digest = checksum["name"], checksum["digest"]
        if digest not in defined:
            what = f"no function {digest} in s3gw/digests.py"
            yield f"wire.yaml: {name}: {what}: write it, or correct the name"
        if name not in checksums():
            yield f"wire.yaml: {name}: the AWS model has no such checksum: delete it"
        if named.count(name) > 1:
            yield f"wire.yaml: {name}: the checksum stands more than once: delete all rows but one"
    for name in sorted(checksums() - set(named)):
        yield f"wire.yaml: {name}: the AWS model has this checksum: add it to checksums"


def writes(catalogue: Catalogue, model: dict[str, ModelOperation]) -> Iterator[str]:
    """Methods and conditions of writes that are missing."""
    for method in sorted({operation.method for operation in model.values()} - _READS):
        if method not in catalogue.wire.writes:
            what = "operations of the AWS model change something with it"
            yield f"wire.yaml: {method}: {what}: add it to writes"
    known = {
        member
        for operation in model.values()
        for source, member in operation.members
        if source == "headers" and any(fnmatchcase(member, pattern) for pattern in _CONDITIONAL)
    }
    for member in sorted(known):
        if not any(fnmatchcase(member, pattern) for pattern in catalogue.wire.conditions):
            yield f"wire.yaml: {member}: it makes requests of the AWS model conditional: add it to conditions"
