"""The policy of a form: what whoever has signed it lets others upload.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, Self

from s3gw.generated import errors
from s3gw.generated.authentication import FORM_SECRETS, FORM_UNJUDGED
from s3gw.s3_error import S3Error

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z", re.ASCII)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# Escapes that policies have beside those of JSON.
_ESCAPES = {"$": "$", "v": "\\u000b"}
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)

_RANGE = "content-length-range"
_EQUAL = "eq"
_BEGINS = "starts-with"
# What a message repeats of a condition.
_SHOWN = 1024


@dataclass(frozen=True, slots=True)
class Condition:
    """What a field must be.

    Attributes:
        operator: ``eq`` or ``starts-with``.
        field: Its name in lower case.
        value: With which it is compared.
        text: As the policy says it.
    """

    operator: str
    field: str
    value: str
    text: str

    def holds(self, given: str) -> bool:
        """Judge the value of the field; one that is not there is empty."""
        if self.operator == _EQUAL:
            return given == self.value
        # a list of types must have them all so
        values = given.split(",") if self.field == "content-type" else [given]
        return all(value.strip().startswith(self.value) for value in values)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy.

    Attributes:
        expires: When it ends, in seconds since 1970.
        conditions: Of fields.
        least: Bytes that the file must have.
        most: Bytes that it may have, if that is said.
    """

    expires: float
    conditions: Sequence[Condition]
    least: int
    most: int | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the base64 of a form. Raise S3Error InvalidPolicyDocument."""
        try:
            document = base64.b64decode("".join(text.split()), validate=True).decode()
        except ValueError as error:
            raise _invalid("Invalid Base64 encoding of UTF-8.") from error
        strict = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), document)
        try:
            policy = json.loads(strict, object_pairs_hook=_object, parse_constant=_constant)
        except (ValueError, RecursionError) as error:
            raise _invalid("Invalid JSON.") from error
        if not isinstance(policy, dict):
            raise _invalid("It must be an object.")
        for name in policy.keys() - {"expiration", "conditions"}:
            raise _invalid(f"Unexpected: '{name[:80]}'.")
        listed = policy.get("conditions")
        if not isinstance(listed, list):
            raise _invalid("Policy missing conditions.")
        conditions: list[Condition] = []
        least, most = 0, None
        for given in listed:
            if isinstance(given, list) and given and _lower(given[0]) == _RANGE:
                first, last = _range(given)
                least, most = max(least, first), last if most is None else min(most, last)
            else:
                conditions += _conditions(given)
        return cls(_expiration(policy.get("expiration")), conditions, least, most)

    def fault(self, fields: Mapping[str, str], bucket: str, now: float) -> str | None:
        """Say why a form with these fields may not be posted to a bucket; None where it may."""
        if now >= self.expires:
            return _fault("Policy expired.")
        given = {**fields, "bucket": bucket}
        for condition in self.conditions:
            if not condition.holds(given.get(condition.field, "")):
                return _fault(f"Policy Condition failed: {condition.text[:_SHOWN]}")
        named = {condition.field for condition in self.conditions}
        extra = [name for name in given if name not in named and not _is_unjudged(name)]
        return _fault(f"Extra input fields: {', '.join(extra)[:_SHOWN]}") if extra else None


def _is_unjudged(name: str) -> bool:
    """Tell whether a field may be there though no condition names it."""
    return any(
        name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
        for pattern in FORM_UNJUDGED
    )


def _conditions(given: Any) -> list[Condition]:
    if isinstance(given, dict) and given:
        return [_condition(_EQUAL, name, value) for name, value in given.items()]
    if not isinstance(given, list) or len(given) != 3:  # noqa: PLR2004 - an operator, a field, a value
        raise _invalid(
            "Invalid Condition: it must be an object, or a list of an operator, a field and a value."
        )
    operator, field, value = given
    if _lower(operator) not in (_EQUAL, _BEGINS):
        raise _invalid("Invalid Condition: its operator must be eq, starts-with or content-length-range.")
    if not isinstance(field, str) or not field.startswith("$"):
        raise _invalid("Invalid Condition: its field must begin with '$'.")
    return [_condition(_lower(operator), field[1:], value)]


def _condition(operator: str, field: str, value: Any) -> Condition:
    if not isinstance(value, str):
        raise _invalid("Invalid Simple-Condition: value must be a string.")
    field = field.lower()
    shown = "..." if field in FORM_SECRETS else value
    return Condition(operator, field, value, json.dumps([operator, f"${field}", shown], ensure_ascii=False))


def _range(given: list[Any]) -> tuple[int, int]:
    numbers = [str(number) for number in given[1:] if type(number) in (int, str)]
    if len(given) != 3 or len(numbers) != 2 or not all(map(_NUMBER.fullmatch, numbers)):  # noqa: PLR2004
        raise _invalid("Invalid Content-Length-Range: it must have two numbers of bytes.")
    return int(numbers[0]), int(numbers[1])


def _expiration(text: Any) -> float:
    if isinstance(text, str) and _TIME.fullmatch(text):
        with suppress(ValueError):  # such as the 30th of February
            return datetime.fromisoformat(text).timestamp()
    raise _invalid("Invalid 'expiration' value: it must be a time like 2026-12-31T23:59:59.000Z.")


def _lower(operator: Any) -> str:
    return operator.lower() if isinstance(operator, str) else ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of JSON; a name that stands twice would mean two things. Raise ValueError."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _constant(_text: str) -> NoReturn:
    """Refuse what JSON has not: NaN and the infinities."""
    raise ValueError


def _invalid(what: str) -> S3Error:
    return S3Error(errors.InvalidPolicyDocument, f"Invalid Policy: {what}")


def _fault(what: str) -> str:
    return f"Invalid according to Policy: {what}"
