"""The catalogue as typed values: what ``spec/`` says, loaded and checked against its schemas.

`load` raises `CatalogueError` with one line for each breach of a schema; what the entries mean
together is checked by `codegen.lint`, and what each profile makes of them by `codegen.profiles`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parent.parent


class CatalogueError(Exception):
    """The catalogue breaks a rule; `problems` has a line for each: file, entry, mend."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Profile:
    """One entry of ``spec/profiles.yaml``; `extends` names the profile whose operations it has too."""

    name: str
    summary: str
    keys: str
    buckets: str
    extends: str | None = None


@dataclass(frozen=True)
class Operation:
    """One entry of ``spec/operations``; the attributes are the YAML's own keys."""

    name: str
    feature: str
    levels: tuple[str, ...]
    method: str
    query: frozenset[str]
    headers: frozenset[str]
    file: str
    right: str | None = None
    reach: str | None = None
    twin_of: str | None = None
    outside_model: str | None = None
    supported: dict[str, Any] | None = None
    unsupported: dict[str, Any] | None = None
    overlays: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def answer_error(self) -> tuple[str, str | None] | None:
        """The code of the error that is its constant answer, and its message where that is not the usual."""
        given = (self.supported or {}).get("answer_error")
        if given is None:
            return None
        return (given, None) if isinstance(given, str) else (given["code"], given["message"])

    @property
    def query_names(self) -> frozenset[str]:
        """The parameters of `query` without the values that some of them must have."""
        return frozenset(mark.partition("=")[0] for mark in self.query)


@dataclass(frozen=True)
class Wire:
    """``spec/wire.yaml``; the attributes are the YAML's own keys."""

    namespace: str
    instance_namespace: str
    header_prefix: str
    moved_headers: tuple[str, ...]
    signatures: tuple[str, ...]
    writes: tuple[str, ...]
    conditions: dict[str, str]
    body: tuple[str, ...]
    checksums: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Authentication:
    """``spec/authentication.yaml``; the attributes are the YAML's own keys."""

    rights: dict[str, str]
    owners: tuple[str, ...]
    signatures: dict[str, dict[str, Any]]
    clock_skew_s: int
    presigned_s: int
    forms: dict[str, list[str]]


@dataclass(frozen=True)
class Catalogue:
    """All of ``spec/``. `operations` is sorted by name: the order in the files means nothing.

    Attributes:
        drop_names: Members of requests that are accepted and not used, as they stand.
        drops: Member of a request that is accepted and not used -> why that harms nobody.
        http_errors: How a fault of HTTP itself is answered.
        pfs_errors: How an error of the PFS interface is answered.
    """

    profiles: tuple[Profile, ...]
    operations: tuple[Operation, ...]
    wire: Wire
    authentication: Authentication
    drop_names: tuple[str, ...]
    drops: dict[str, str]
    errors: tuple[dict[str, Any], ...]
    http_errors: tuple[dict[str, Any], ...]
    pfs_errors: tuple[dict[str, Any], ...]
    responses: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: dict[str, dict[str, Any]] = field(default_factory=dict)


def load(root: Path = ROOT) -> Catalogue:
    """Load ``spec/`` of the tree at `root`.

    Raises:
        CatalogueError: A file is not YAML, or breaks its schema.
    """
    spec = root / "spec"
    problems: list[str] = []
    operations: list[Operation] = []
    for path in sorted((spec / "operations").glob("*.yaml")):
        entries = _read(path, spec / "schema" / "operations.schema.json", problems)
        operations += [_operation(entry, path.name) for entry in entries or ()]
    profiles, wire, authentication, members, errors, shapes = (
        _read(spec / f"{name}.yaml", spec / "schema" / f"{name}.schema.json", problems)
        for name in ("profiles", "wire", "authentication", "members", "errors", "shapes")
    )
    if problems:
        raise CatalogueError(problems)
    return Catalogue(
        profiles=tuple(Profile(**profile) for profile in profiles),
        operations=tuple(sorted(operations, key=lambda operation: operation.name)),
        wire=_wire(wire),
        authentication=_authentication(authentication),
        drop_names=tuple(row["member"] for row in members),
        drops={row["member"]: row["because"] for row in members},
        errors=tuple(errors["errors"]),
        http_errors=tuple(errors["http"]),
        pfs_errors=tuple(errors["pfs"]),
        responses=shapes["responses"],
        requests=shapes["requests"],
    )


def _wire(document: dict[str, Any]) -> Wire:
    return Wire(
        namespace=document["namespace"],
        instance_namespace=document["instance_namespace"],
        header_prefix=document["header_prefix"],
        moved_headers=tuple(document["moved_headers"]),
        signatures=tuple(document["signatures"]),
        writes=tuple(document["writes"]),
        conditions=dict(document["conditions"]),
        body=tuple(document["body"]),
        checksums=tuple(document["checksums"]),
    )


def _authentication(document: dict[str, Any]) -> Authentication:
    return Authentication(
        rights=dict(document["rights"]),
        owners=tuple(document["owners"]),
        signatures=dict(document["signatures"]),
        clock_skew_s=document["clock_skew_s"],
        presigned_s=document["presigned_s"],
        forms=dict(document["forms"]),
    )


def _operation(entry: dict[str, Any], file: str) -> Operation:
    match = entry.get("match", {})
    level = entry["level"]
    return Operation(
        name=entry["name"],
        feature=entry["feature"],
        levels=(level,) if isinstance(level, str) else tuple(level),
        method=entry["method"],
        query=frozenset(match.get("query", ())),
        headers=frozenset(match.get("headers", ())),
        file=file,
        right=entry.get("right"),
        reach=entry.get("reach"),
        twin_of=entry.get("twin_of"),
        outside_model=entry.get("outside_model"),
        supported=entry.get("supported"),
        unsupported=entry.get("unsupported"),
        overlays=entry.get("overlays", {}),
    )


def breaches_of_supported(supported: dict[str, Any], root: Path = ROOT) -> list[str]:
    """Tell what keeps a `supported` that overlays were laid over from being one."""
    schema = json.loads((root / "spec" / "schema" / "operations.schema.json").read_text(encoding="utf-8"))
    whole = {"$ref": "#/$defs/supported", "$defs": schema["$defs"]}
    return [breach.message for breach in jsonschema.Draft202012Validator(whole).iter_errors(supported)]


def _read(path: Path, schema: Path, problems: list[str]) -> Any:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506
    except yaml.YAMLError as error:
        problems.append(f"{path.name}: not YAML: {' '.join(str(error).split())}: mend the syntax")
        return None
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
    breaches = sorted(validator.iter_errors(document), key=lambda breach: list(breach.absolute_path))
    problems += [_problem(path.name, document, breach, schema.name) for breach in breaches]
    return None if breaches else document


# What names an entry in one of the files.
_NAMES = ("name", "code", "error", "member", "status")


def _problem(file: str, document: Any, breach: jsonschema.ValidationError, schema: str) -> str:
    where = list(breach.absolute_path)
    entry = document
    name = "the file"
    for step in where:
        entry = entry[step]
        named = [entry[key] for key in _NAMES if key in entry] if isinstance(entry, dict) else []
        if named:
            name = str(named[0])
            break
    place = ".".join(str(step) for step in where if not isinstance(step, int))
    if breach.validator == "anyOf" and isinstance(breach.instance, dict) and "method" in breach.instance:
        mend = "has neither supported nor unsupported: say which"
    else:
        mend = f"{breach.message} (see spec/schema/{schema})"
    return f"{file}: {name}: {place + ': ' if place else ''}{mend}"


# PERF: with libyaml it takes a tenth of the time; not every build of PyYAML has it.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_Loader):  # type: ignore[misc]
    """Safe YAML in which a key that stands twice is an error instead of a silent loss."""


def _unique_mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                "while reading a mapping",
                node.start_mark,
                f"key {key!r} stands twice",
                key_node.start_mark,
            )
        seen.add(key)
    mapping: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return mapping


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _unique_mapping)
