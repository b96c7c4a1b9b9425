"""A keyring as plain values: YAML, and the JSON Schema that it must follow.

What is wrong is told by its line and by what to write there. No message quotes the file: any of it
may be a secret that stands in the wrong place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import fastjsonschema
import yaml

# Of a whole keyring; 10,000 identities are 2 MB or so.
LONGEST_BYTES = 16 * 1024 * 1024
_DEEPEST = 16
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))

# PERF: libyaml, where PyYAML is built with it, is five times as fast
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

Path = tuple[str | int, ...]


class KeyringError(Exception):
    """What is wrong with a keyring: one line without secrets that says where, and what to do."""


class Document:
    """A keyring that the schema accepts.

    Args:
        data: YAML, in UTF-8.

    Attributes:
        content: As the schema has it; every scalar is a text, as it stands in the file.

    Raises:
        KeyringError: It is none.
    """

    def __init__(self, data: bytes) -> None:
        if len(data) > LONGEST_BYTES:
            raise KeyringError(f"it is longer than {LONGEST_BYTES} bytes: keep fewer identities in it")
        self._builder = _Builder()
        content = _parsed(data, self._builder.build)
        self.content: dict[str, Any] = {} if content is None else content
        try:
            _validator()(self.content)
        except fastjsonschema.JsonSchemaValueException as error:
            path = tuple(int(part) if part.isdecimal() else part for part in error.path[1:])
            raise self.error(path, _advice(error)) from None  # it quotes the file

    def error(self, path: Path, what: str) -> KeyringError:
        """Make an error of what is wrong at a path into the content."""
        here: Any = self.content
        line = self._builder.line(here)
        for part in path[:-1]:
            here = here[part]
            line = self._builder.line(here)
        if path and isinstance(here[path[-1]], (dict, list)):
            line = self._builder.line(here[path[-1]])
        return _error(line, what, _written(path, self.content))


def _parsed(data: bytes, build: Callable[[Iterable[yaml.Event]], Any]) -> Any:
    try:
        return build(yaml.parse(data.decode(), Loader=LOADER))
    except UnicodeDecodeError:
        raise KeyringError("it is not UTF-8: write it anew as a text") from None
    except yaml.MarkedYAMLError as error:
        what = "this is no YAML: look at the indentation, and put values with : or # between quotes"
        raise _error(_line(error.problem_mark), what) from None  # it quotes the file
    except yaml.YAMLError:
        raise KeyringError("it is no YAML: take out what is no printable character") from None


class _Builder:
    """Makes plain values of YAML's events: quicker than PyYAML does, and refuses what hides something."""

    def __init__(self) -> None:
        self._lines: dict[int, int] = {}

    def line(self, container: dict[str, Any] | list[Any]) -> int:
        """Tell in which line a list or mapping begins, from 1 on."""
        return self._lines.get(id(container), 1)

    def build(self, events: Iterable[yaml.Event]) -> Any:
        """Build the value of the only document; None where there is none. Raise KeyringError."""
        root: list[Any] = []
        stack: list[_Open] = [_Open(root)]
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                _refuse_marked(event)
                stack[-1].add(_scalar(event), event)
            elif isinstance(event, yaml.CollectionStartEvent):
                _refuse_marked(event)
                if len(stack) > _DEEPEST:
                    raise _error(_line(event.start_mark), "this lies too deep: write it as the schema has it")
                value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
                self._lines[id(value)] = _line(event.start_mark)
                stack[-1].add(value, event)
                stack.append(_Open(value))
            elif isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            elif isinstance(event, yaml.AliasEvent):
                raise _error(_line(event.start_mark), "aliases (*) are not read here: write it out")
        if len(root) > 1:
            raise KeyringError("it holds more than one document (---): put all of them in one")
        return root[0] if root else None


class _Open:
    """A list or mapping that is not at its end yet."""

    __slots__ = ("_into", "_key", "_lacks_value")

    def __init__(self, into: dict[str, Any] | list[Any]) -> None:
        self._into = into
        self._key = ""
        self._lacks_value = False

    def add(self, value: Any, event: yaml.Event) -> None:
        if isinstance(self._into, list):
            self._into.append(value)
        elif self._lacks_value:
            self._into[self._key] = value
            self._lacks_value = False
        elif not isinstance(value, str):
            raise _error(_line(event.start_mark), "a key must be a name: write one before the colon")
        elif value in self._into:
            raise _error(_line(event.start_mark), "this key stands twice: keep one of them")
        else:
            self._key, self._lacks_value = value, True


def _scalar(event: yaml.ScalarEvent) -> str | None:
    is_plain = bool(event.implicit[0])
    value: str = event.value
    return None if is_plain and value in _NULLS else value


def _refuse_marked(event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
    if event.anchor is not None or event.tag is not None:
        raise _error(
            _line(event.start_mark), "anchors (&) and tags (!) are not read here: put it between quotes"
        )


@cache
def _validator() -> Callable[[Any], Any]:
    text = files(__package__).joinpath("keyring.schema.json").read_text()
    validate: Callable[[Any], Any] = fastjsonschema.compile(json.loads(text), use_default=False)
    return validate


def _advice(error: fastjsonschema.JsonSchemaValueException) -> str:
    """Say what to write, in the schema's words."""
    definition: dict[str, Any] = error.definition
    if error.rule == "additionalProperties":
        return f"a key here is none of {', '.join(definition['properties'])}: rename it, or take it out"
    return str(definition["description"])


def _written(path: Path, content: Any) -> str:
    """Write a path, with the name of the identity that it leads through."""
    text = ""
    for depth, part in enumerate(path):
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
        content = content[part]
        if depth == 1 and path[0] == "identities" and (name := _name(content)):
            text += f" ({name})"
    return text.removeprefix(".")


def _name(identity: Any) -> str:
    """Give the name of an identity; the schema may not have seen it yet."""
    name = identity.get("name") if isinstance(identity, dict) else None
    return name if isinstance(name, str) and name.isascii() and name.isprintable() and len(name) <= 64 else ""  # noqa: PLR2004


def _line(mark: Any) -> int:
    return 1 if mark is None else int(mark.line) + 1


def _error(line: int, what: str, where: str = "") -> KeyringError:
    return KeyringError(f"line {line}: {where}: {what}" if where else f"line {line}: {what}")
