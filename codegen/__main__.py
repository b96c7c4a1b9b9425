"""`python -m codegen [--check] [ROOT]`: lint the catalogue, then write (or compare) what it gives."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from codegen.catalogue import ROOT, CatalogueError, load
from codegen.lint import lint
from codegen.render import render


def main(arguments: list[str] | None = None) -> int:
    """Return 0; 1 with ``--check`` where a file is stale; 2 where the catalogue breaks a rule."""
    parser = argparse.ArgumentParser(prog="codegen", description=__doc__)
    parser.add_argument("--check", action="store_true", help="show what is stale, write nothing")
    parser.add_argument("root", nargs="?", type=Path, default=ROOT, help="the tree to work on")
    options = parser.parse_args(arguments)
    try:
        catalogue = load(options.root)
        problems = lint(catalogue, options.root)
    except CatalogueError as error:
        problems = error.problems
    if problems:
        print(*problems, sep="\n", file=sys.stderr)
        print(f"{len(problems)} problem(s) in the catalogue; nothing was written", file=sys.stderr)
        return 2
    stale = 0
    for name, text in render(catalogue).items():
        path = options.root / name
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if before == text:
            continue
        stale += 1
        if options.check:
            lines = difflib.unified_diff(
                before.splitlines(keepends=True),
                text.splitlines(keepends=True),
                name,
                f"{name} (from spec/)",
            )
            sys.stdout.writelines(lines)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    if options.check and stale:
        print(f"{stale} file(s) are stale: run `tox -e codegen` and commit", file=sys.stderr)
        return 1
    print(
        f"{len(catalogue.operations)} operations: {'up to date' if not stale else f'{stale} file(s) written'}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
