"""The command line: which module has a command, and how what is wrong is said."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

from s3gw import __version__

_EPILOG = """\
Every option of `serve` can be given in the environment too: S3GW_PFS, S3GW_LISTEN, S3GW_WORKERS
and so on. An option on the command line wins.
"""

# Commands by the modules that have them. PERF: to load all of them takes 0.4 s.
_MODULES = {
    "s3gw.serving": ("serve",),
    "s3gw.devpachd.command": ("devpachd",),
    "s3gw.maintenance": ("prune", "check", "backup"),
    "s3gw.keys": ("key",),
    "s3gw.contract": ("operations", "explain"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the result is the exit status: 0, or 2 where it could not be begun."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser(given).parse_args(given)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        status = run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of `s3gw operations | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; `--help` has the rest."""

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Know all of them: else argparse would tell of the others without the command that they are for."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(f"unrecognized arguments: {' '.join(rest)}")
        return found, rest

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """Make the parser of the command that is given, or of all where none is known."""
    parser = _Parser(
        prog="s3gw",
        description="S3 in front of PFS, Pachyderm's versioned file system.",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"s3gw {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    asked = [module for module, names in _MODULES.items() if given and given[0] in names]
    for module in asked or _MODULES:
        import_module(module).add_commands(commands)
    return parser
