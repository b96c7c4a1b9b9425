"""A keyring as plain values: YAML, and the JSON Schema that it must follow.

What is wrong is told by its line and by what to write there. No message quotes the file: any of it
may be a secret that stands in the wrong place.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import fastjsonschema
import yaml

from s3gw.pfs.interface import DEFAULT_PROJECT
from s3gw.pfs.paths import is_commit_id

# Of a whole keyring; 10,000 identities are 2 MB or so.
LONGEST_BYTES = 16 * 1024 * 1024
_DEEPEST = 16

# As the schema has it; what is none may be a secret in the wrong place.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+=-]{0,63}", re.ASCII)

# What YAML reads as nothing, where it stands without quotes.
NULLS = frozenset(("", "~", "null", "Null", "NULL"))

# PERF: libyaml, where PyYAML is built with it, is five times as fast
LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

# Where something stands in the content: keys of mappings, and places in lists.
Path = tuple[str | int, ...]

# An identity, or what is told of nobody in particular, as the schema has it.
Row = dict[str, Any]

ANONYMOUS = "anonymous"
_ACCOUNT = "000000000000"

# How many labels a bucket has where its project is told.
_WITH_PROJECT = 3


class KeyringError(Exception):
    """What is wrong with a keyring: one line without secrets that says where, and what to do.

    Attributes:
        what: The same without its line.
    """

    def __init__(self, what: str, line: int | None = None) -> None:
        super().__init__(what if line is None else f"line {line}: {what}")
        self.what = what


class Document:
    """A keyring, checked but for its secrets, which may be elsewhere.

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
            raise self._error(path, _advice(error)) from None  # it quotes the file
        for path, what in itertools.islice(self._problems(), 1):
            raise self._error(path, what)

    @property
    def account(self) -> str:
        """Give the account: 12 digits."""
        return str(self.content.get("account", _ACCOUNT))

    @property
    def identities(self) -> list[Row]:
        """Give the identities, in the order of the file."""
        return self.content.get("identities") or []

    @property
    def anonymous(self) -> Row:
        """Give what is told of nobody in particular."""
        row: Row = self.content.get(ANONYMOUS, {})
        return row

    def error(self, identity: Row, member: str, what: str) -> KeyringError:
        """Make an error of what is wrong with a member of an identity."""
        number = next(number for number, row in enumerate(self.identities) if row is identity)
        return self._error(("identities", number, member), what)

    def _problems(self) -> Iterator[tuple[Path, str]]:
        """Give what the schema cannot know."""
        yield from self._repeated("name")
        yield from self._repeated("access_key")
        for number, row in enumerate(self.identities):
            path = ("identities", number)
            yield from _faults(row, path)
            try:
                expires(row)
            except ValueError:
                yield (*path, "expires"), "there is no such time: write one such as 2030-12-31T23:59:59Z"
        yield from _faults(self.anonymous, (ANONYMOUS,))

    def _repeated(self, member: str) -> Iterator[tuple[Path, str]]:
        seen = set()
        for number, row in enumerate(self.identities):
            if row[member] in seen:
                yield ("identities", number, member), "another identity has the same: give each its own"
            seen.add(row[member])

    def _error(self, path: Path, what: str) -> KeyringError:
        here: Any = self.content
        line = self._builder.line(here)
        for part in path:
            here = here[part]
            if isinstance(here, (dict, list)):
                line = self._builder.line(here)
        return _error(line, what, _written(path, self.content))


def expires(identity: Row) -> float | None:
    """Tell when an identity ends, in seconds since 1970; None where it never does."""
    return datetime.fromisoformat(identity["expires"].upper()).timestamp() if "expires" in identity else None


def _faults(row: Row, path: Path) -> Iterator[tuple[Path, str]]:
    for number, grant in enumerate(row.get("may", ())):
        for place, pattern in enumerate(grant["buckets"]):
            what = _fault(pattern)
            if what:
                yield (*path, "may", number, "buckets", place), what


def _fault(pattern: str) -> str | None:
    """Say why no bucket can be of a pattern: buckets are judged by one name each."""
    first, *rest = pattern.split(".")
    if len(rest) == _WITH_PROJECT - 1 and rest[-1] == DEFAULT_PROJECT:
        return f"buckets of the project {DEFAULT_PROJECT} are named without it: write branch.repo"
    if is_commit_id(first):
        return "whoever may read a branch may read its commits: write branch.repo"
    return None


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
    return None if is_plain and value in NULLS else value


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
    """Give the name of an identity, which the schema may not have seen yet."""
    name = identity.get("name") if isinstance(identity, dict) else None
    return name if isinstance(name, str) and _NAME.fullmatch(name) else ""


def _line(mark: Any) -> int:
    return 1 if mark is None else int(mark.line) + 1


def _error(line: int, what: str, where: str = "") -> KeyringError:
    return KeyringError(f"{where}: {what}" if where else what, line)
