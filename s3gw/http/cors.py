"""Which pages of other origins browsers may let at the gateway: the rules of ``--cors``, for all buckets.

A file of rules is S3's own document CORSConfiguration, or what the AWS CLI takes for it, in JSON or YAML.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from s3gw.http import xml
from s3gw.s3_error import S3Error

# S3's limits: bytes of a configuration, rules, characters of an id.
_BYTES = 64 * 1024
_RULES = 100
_ID = 255

# Headers that a request may ask for: more than any page sends.
_MOST_HEADERS = 100

# Of which a rule can be.
METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
_AGE = 2**31 - 1

_ORIGIN = re.compile(r"[\x21-\x7e]+", re.ASCII)
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)  # a token of RFC 9110

# An answer depends on these, whatever it is: caches must know it.
VARY = ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")


class BrokenRules(Exception):
    """A file that holds no rules; the message is one line."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        id: For people.
        origins: Patterns of origins, each with one ``*`` at the most.
        methods: Of requests.
        headers: Patterns of headers that a request may have, likewise.
        exposed: Headers of answers that a page may see.
        max_age_s: How long a browser may remember the answer to a preflight.
    """

    id: str | None
    origins: Sequence[str]
    methods: Sequence[str]
    headers: Sequence[str] = ()
    exposed: Sequence[str] = ()
    max_age_s: int | None = None

    def origin(self, origin: str, method: str) -> str | None:
        """Give what Access-Control-Allow-Origin says to an origin; None where it may not send that."""
        if method not in self.methods or not _ORIGIN.fullmatch(origin):
            return None
        if "*" in self.origins:
            return "*"
        return origin if any(_matches(pattern, origin) for pattern in self.origins) else None

    def allows(self, headers: Sequence[str]) -> bool:
        """Tell whether a request may have all of these headers."""
        if len(headers) > _MOST_HEADERS:
            return False
        patterns = [pattern.lower() for pattern in self.headers]
        return all(
            _HEADER.fullmatch(header) and any(_matches(pattern, header.lower()) for pattern in patterns)
            for header in headers
        )


@dataclass(frozen=True, slots=True)
class Leave:
    """What a rule lets an origin do.

    Attributes:
        origin: As Access-Control-Allow-Origin says it: the origin, or ``*``.
        rule: The rule.
    """

    origin: str
    rule: Rule

    @property
    def has_credentials(self) -> bool:
        """Whether a browser may send its credentials along: not where anybody may come."""
        return self.origin != "*"


class Rules:
    """The rules, of which the first that fits decides."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file. Raise BrokenRules."""
        try:
            with path.open("rb") as file:
                data = file.read(_BYTES + 1)
        except OSError as error:
            raise BrokenRules(f"{path} cannot be read: {error.strerror}") from error
        try:
            if len(data) > _BYTES:
                raise BrokenRules(f"it has more than {_BYTES} bytes")  # noqa: TRY301
            return cls(_rules(_read(data)))
        except BrokenRules as error:
            raise BrokenRules(f"{path} holds no rules for CORS: {error}") from error

    def find(self, origin: str, method: str, headers: Sequence[str] = ()) -> Leave | None:
        """Find what lets an origin send a request with a method and headers."""
        for rule in self.rules:
            allowed = rule.origin(origin, method)
            if allowed is not None and rule.allows(headers):
                return Leave(allowed, rule)
        return None

    def headers(self, method: str, given: Mapping[str, str]) -> list[tuple[str, str]]:
        """Give the headers of the answer to a request, as HTTP/1 spells them."""
        leave = self.find(given.get("origin", ""), method)
        if leave is None:
            return [VARY]
        headers = [("Access-Control-Allow-Origin", leave.origin)]
        if leave.has_credentials:
            headers.append(("Access-Control-Allow-Credentials", "true"))
        headers.append(("Access-Control-Allow-Methods", ", ".join(leave.rule.methods)))
        if leave.rule.exposed:
            headers.append(("Access-Control-Expose-Headers", ", ".join(leave.rule.exposed)))
        if leave.rule.max_age_s is not None:
            headers.append(("Access-Control-Max-Age", str(leave.rule.max_age_s)))
        return [*headers, VARY]


def _matches(pattern: str, text: str) -> bool:
    before, star, behind = pattern.partition("*")
    if not star:
        return text == pattern
    return len(text) >= len(before) + len(behind) and text.startswith(before) and text.endswith(behind)


# --- files --------------------------------------------------------------------------------------

# Lists of a rule by their names in JSON; elements of XML have those without the s.
_LISTS = ("AllowedOrigins", "AllowedMethods", "AllowedHeaders", "ExposeHeaders")
_MEMBERS = frozenset((*_LISTS, "ID", "MaxAgeSeconds"))

# XML is read to what JSON holds.
_RULE: xml.Structure[dict[str, Any]] = xml.Structure(
    dict,
    {
        "ID": xml.Member("ID", xml.string),
        "MaxAgeSeconds": xml.Member("MaxAgeSeconds", xml.integer),
        **{name.removesuffix("s"): xml.Member(name, xml.string, most=_BYTES) for name in _LISTS},
    },
)
_CONFIGURATION: xml.Structure[dict[str, Any]] = xml.Structure(
    dict, {"CORSRule": xml.Member("CORSRules", _RULE, most=_BYTES)}
)


def _read(data: bytes) -> Any:
    """Read a file as what JSON holds. Raise BrokenRules."""
    try:
        if data.lstrip().startswith(b"<"):
            return xml.parse([data], _CONFIGURATION, "CORSConfiguration")
        with suppress(ValueError):
            return json.loads(data)
        return yaml.safe_load(data)
    except S3Error as error:
        raise BrokenRules(_line(error)) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BrokenRules(f"it is neither XML nor JSON nor YAML: {_line(error)}") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _rules(document: Any) -> list[Rule]:
    """Read a configuration. Raise BrokenRules."""
    if not isinstance(document, dict) or document.keys() != {"CORSRules"}:
        raise BrokenRules("it must have CORSRules, and nothing else")
    given = document["CORSRules"]
    if not isinstance(given, list) or not 0 < len(given) <= _RULES:
        raise BrokenRules(f"there must be from 1 to {_RULES} rules")
    return [_rule(rule, f"rule {number}") for number, rule in enumerate(given, 1)]


def _rule(given: Any, name: str) -> Rule:
    if not isinstance(given, dict):
        raise BrokenRules(f"{name} is no object")
    if unknown := sorted(str(member) for member in given.keys() - _MEMBERS):
        raise BrokenRules(f"{name} has {unknown[0]}, which is none of {', '.join(sorted(_MEMBERS))}")
    lists = {member: _texts(given.get(member, []), f"{member} of {name}") for member in _LISTS}
    for member in ("AllowedOrigins", "AllowedMethods"):
        if not lists[member]:
            raise BrokenRules(f"{name} has no {member}")
    for method in lists["AllowedMethods"]:
        if method not in METHODS:
            raise BrokenRules(f"{name} has the method {method!r}, which is none of {', '.join(METHODS)}")
    _check(lists["AllowedOrigins"], _ORIGIN, 1, f"an origin of {name}")
    _check(lists["AllowedHeaders"], _HEADER, 1, f"an allowed header of {name}")
    _check(lists["ExposeHeaders"], _HEADER, 0, f"an exposed header of {name}")
    age, identity = given.get("MaxAgeSeconds"), given.get("ID")
    if age is not None and (type(age) is not int or not 0 <= age <= _AGE):
        raise BrokenRules(f"MaxAgeSeconds of {name} is no number from 0 to {_AGE}")
    if identity is not None and (not isinstance(identity, str) or len(identity) > _ID):
        raise BrokenRules(f"the ID of {name} is no text of at most {_ID} characters")
    origins, methods, headers, exposed = lists.values()
    return Rule(identity, origins, methods, headers, exposed, age)


def _texts(given: Any, name: str) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(text, str) for text in given):
        raise BrokenRules(f"{name} is no list of texts")
    return given


def _check(texts: Sequence[str], form: re.Pattern[str], stars: int, name: str) -> None:
    for text in texts:
        if not form.fullmatch(text) or text.count("*") > stars:
            most = "one * at the most" if stars else "no *"
            raise BrokenRules(f"{name} is {text!r}: it must be printable ASCII with {most}")
