"""PFS's globs: ``*`` stays within an element, ``**`` does not."""

from __future__ import annotations

import re
from functools import lru_cache

_SPECIAL = re.compile(r"[*?\[\]{}!()@+^]")


def literal_beginning(glob: str) -> str:
    """Give what comes before the first special character."""
    found = _SPECIAL.search(glob)
    return glob[: found.start()] if found else glob


@lru_cache(maxsize=256)
def compile_glob(glob: str) -> re.Pattern[str]:
    """Compile a glob; it is matched against paths without a trailing slash."""
    pieces: list[str] = []
    position = depth = 0
    while position < len(glob):
        character = glob[position]
        position += 1
        if glob.startswith("**", position - 1):
            position += 1
            pieces.append(".*")
        elif character == "\\" and position < len(glob):
            pieces.append(re.escape(glob[position]))
            position += 1
        elif character == "[" and "]" in glob[position:]:
            end = glob.index("]", position)
            inside = glob[position:end].replace("\\", "\\\\")
            pieces.append(f"[{'^' + inside[1:] if inside.startswith('!') else inside}]")
            position = end + 1
        elif character == "}" and depth:
            depth -= 1
            pieces.append(")")
        elif character == "{":
            depth += 1
            pieces.append("(?:")
        else:
            simple = {"*": "[^/]*", "?": "[^/]", ",": "|" if depth else ","}
            pieces.append(simple.get(character, re.escape(character)))
    return re.compile("".join(pieces), re.DOTALL)
