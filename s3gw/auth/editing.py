"""Edits of a keyring's text: an identity more, or one less; all else stays byte for byte."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from s3gw.auth.document import LOADER, NULLS, Document, KeyringError, Row

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./+-]*", re.ASCII)

# What ends a line in YAML 1.1; marks count these.
_LINE = re.compile(r"[^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029])|[^\n\r\x85\u2028\u2029]+\Z")

_BY_HAND = "it is not written as s3gw key does: write each identity as `- name: ...` on lines of its own"


def add(data: bytes, identity: Row) -> bytes:
    """Add an identity behind the last one. Raise KeyringError where that makes no keyring."""
    root = _root(data)
    if root is None or (not root.value and isinstance(root, yaml.ScalarNode)):
        data += b"" if data.endswith(b"\n") or not data else b"\n"
        data += b"identities:\n"
        root = _root(data)
    content = Document(data).content
    _check(identity, content["identities"] or [])
    lines = _LINE.findall(data.decode())
    if not lines[-1].endswith(("\n", "\r")):
        lines[-1] += "\n"
    listed = _listed(root)
    if listed.value and isinstance(listed, yaml.SequenceNode):
        at, indent = _end(listed.value[-1]), listed.start_mark.column
    else:  # nothing, `[]` or the like, which makes room
        start, end = listed.start_mark, listed.end_mark
        lines[start.line] = lines[start.line][: start.column].rstrip(" ") + lines[end.line][end.column :]
        at, indent = start.line + 1, 2
    lines[at:at] = [f"{' ' * indent}{line}\n" for line in _written(identity)]
    return _proven(lines, {**content, "identities": [*(content["identities"] or ()), identity]})


def _check(identity: Row, others: list[Row]) -> None:
    """Raise KeyringError where an identity is none, or not a new one."""
    try:
        Document(json.dumps({"identities": [identity]}).encode())
    except KeyringError as error:
        raise KeyringError(error.what) from None  # its line is none of the file
    if any(row["name"] == identity["name"] for row in others):
        raise KeyringError(
            f"there is an identity {identity['name']}: choose another name, or remove it first"
        )
    if any(row["access_key"] == identity["access_key"] for row in others):
        raise KeyringError("another identity has this access key: choose another one")


def remove(data: bytes, name: str) -> bytes:
    """Take an identity away. Raise KeyringError where there is none of that name."""
    document = Document(data)
    rows = document.identities
    number = next((number for number, row in enumerate(rows) if row["name"] == name), None)
    if number is None:
        raise KeyringError(f"there is no identity {name}: `s3gw key list` shows all")
    lines = _LINE.findall(data.decode())
    listed = _listed(_root(data))
    item = listed.value[number]
    begin = item.start_mark.line
    while begin and lines[begin][: listed.start_mark.column + 1].lstrip(" ") != "-":
        begin -= 1
    del lines[begin : _end(item)]
    return _proven(lines, {**document.content, "identities": rows[:number] + rows[number + 1 :] or None})


def _root(data: bytes) -> Any:
    """Give the root node; None where there is nothing but comments. `Document` says what is wrong."""
    try:
        return yaml.compose(data.decode(), LOADER)
    except (UnicodeDecodeError, yaml.YAMLError):
        Document(data)
        raise


def _listed(root: Any) -> Any:
    """Give the node of the identities. Raise KeyringError where they do not stand on lines of their own."""
    listed = next(value for key, value in root.value if key.value == "identities")
    if isinstance(listed, yaml.SequenceNode) and listed.flow_style and listed.value:
        raise KeyringError(_BY_HAND)
    return listed


def _end(node: Any) -> int:
    """Give the line behind a node, comments behind it left out: those are not its own."""
    while isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        node = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
    mark = node.end_mark
    behind: int = mark.line + (mark.column > 0)
    return behind


def _written(identity: Row) -> list[str]:
    """Write an identity as lines."""
    lines = [f"{name}: {_scalar(value)}" for name, value in identity.items() if isinstance(value, str)]
    if "may" in identity:
        lines.append("may:")
    for grant in identity.get("may", ()):
        members = [f"{name}: [{', '.join(map(_scalar, values))}]" for name, values in grant.items()]
        lines += [f"  {'- ' if first else '  '}{line}" for line, first in _marked(members)]
    return [f"{'- ' if first else '  '}{line}" for line, first in _marked(lines)]


def _marked(lines: list[str]) -> list[tuple[str, bool]]:
    return [(line, number == 0) for number, line in enumerate(lines)]


def _scalar(value: str) -> str:
    is_plain = _PLAIN.fullmatch(value) and value not in NULLS
    return value if is_plain else json.dumps(value, ensure_ascii=False)


def _proven(lines: list[str], content: Row) -> bytes:
    """Give the text, once it reads as it should: nobody's rights may change by accident."""
    data = "".join(lines).encode()
    if Document(data).content != content:
        raise KeyringError(_BY_HAND)
    return data
