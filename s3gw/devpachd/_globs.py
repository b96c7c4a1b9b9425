"""PFS's globs: ``*`` stays within an element, ``**`` does not, ``!(a|b)`` and the like are understood."""

from __future__ import annotations

import re
from functools import lru_cache

from s3gw.devpachd._refusal import Refusal

_SPECIAL = re.compile(r"[*?\[\]{}!()@+^]")
_ANY = "[^/]"
_BASIC = "?*[{("
_EXTENDED = _BASIC + "@!^+"
_QUANTIFIED = {"*": ("(?:", ")*"), "?": ("(?:", ")?"), "+": ("(?:", ")+"), "@": ("(?:", ")")}
_POSIX = {
    "[:alpha:]": "a-zA-Z",
    "[:digit:]": "0-9",
    "[:alnum:]": "a-zA-Z0-9",
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
    "[:space:]": "\\s",
    "[:punct:]": "!-/:-@\\[-`{-~",
}

# Stands for the end of an alternative in `!(...)` until it is known what follows.
_END = "\0"


def literal_beginning(glob: str) -> str:
    """Give what comes before the first special character."""
    found = _SPECIAL.search(glob)
    return glob[: found.start()] if found else glob


@lru_cache(maxsize=256)
def compile_glob(glob: str) -> re.Pattern[str]:
    """Compile a glob; it is matched against paths without a trailing slash."""
    return _Compiler(glob).compile()


class _Compiler:
    def __init__(self, glob: str) -> None:
        self._glob = glob
        self._at = 0
        self._pieces: list[str] = []
        self._open: list[str] = []  # what is open: "{", or the quantifier of a group
        self._bounds: list[int] = []  # numbers of the pieces that bound what `!(...)` matches

    def compile(self) -> re.Pattern[str]:
        while self._at < len(self._glob):
            self._item()
        while self._open:
            self._close()
        regex = "".join(self._pieces)
        first = next(
            (number for number, piece in enumerate(self._pieces) if piece.startswith(f"{_END})")), None
        )
        bounded = first is not None and any(number > first for number in self._bounds)
        try:
            return re.compile(regex.replace(_END, "" if bounded else "$"), re.DOTALL)
        except re.error as error:
            raise Refusal(f"error parsing regexp: {error}") from error

    def _item(self) -> None:
        glob, at = self._glob, self._at
        character = glob[at]
        following = glob[at + 1 : at + 2]
        groups = [quantifier for quantifier in self._open if quantifier != "{"]
        braces = len(groups) < len(self._open)
        self._at += 1
        if character == "{":
            self._open.append("{")
            self._pieces.append("(?:")
        elif character == "[":
            self._list()
        elif character == "(" or (character in "*?+@!^" and following == "("):
            self._group("@" if character == "(" else character)
        elif character == "*":
            double = following == "*" and glob[at + 2 : at + 3] != "("
            self._at += double
            self._bounded(".*" if double else f"{_ANY}*")
        elif character == "?":
            self._pieces.append(_ANY)
        elif (character == "," and braces) or (character == "|" and groups):
            self._pieces.append(f"{_END}|" if self._open[-1] == "!" else "|")
        elif (character == "}" and braces) or (character == ")" and groups):
            self._close()
        else:
            breakers = _BASIC if character in "@!^+" else _EXTENDED
            if character not in "@!^+":
                breakers += "}," if braces else ")|" if groups else ""
            self._text(breakers)

    def _bounded(self, piece: str) -> None:
        self._bounds.append(len(self._pieces))
        self._pieces.append(piece)

    def _text(self, breakers: str) -> None:
        self._at -= 1
        text = ""
        while self._at < len(self._glob):
            character = self._glob[self._at]
            if character == "\\":
                self._at += 1
                character = self._glob[self._at : self._at + 1]
            elif text and character in breakers:
                break
            text += character
            self._at += 1
        self._bounded(re.escape(text))

    def _group(self, quantifier: str) -> None:
        self._at += quantifier != "@" or self._glob[self._at - 1] == "@"
        if quantifier == "^":
            raise Refusal("unimplemented quatifier ^")
        self._open.append(quantifier)
        self._pieces.append("(?:(?!(?:" if quantifier == "!" else _QUANTIFIED[quantifier][0])

    def _close(self) -> None:
        opened = self._open.pop()
        if opened == "!":
            self._pieces.append(f"{_END})){_ANY}*)")
        else:
            self._pieces.append(")" if opened == "{" else _QUANTIFIED[opened][1])

    def _list(self) -> None:
        end = self._at
        inside = False
        while self._glob[end : end + 1] != "]" or inside:
            if end >= len(self._glob):
                raise Refusal("unexpected end of input")
            inside = self._glob[end] == "[" or (inside and self._glob[end] != "]")
            end += 2 if self._glob[end] == "\\" else 1
        listed = self._glob[self._at : end]
        self._at = end + 1
        negated = listed[:1] in {"!", "^"} and bool(listed)
        listed = listed[1:] if negated else listed
        for name, characters in _POSIX.items():
            listed = listed.replace(name, characters)
        listed = listed.replace("[", "\\[")
        self._pieces.append(f"[{'^' if negated else ''}{listed}]")
