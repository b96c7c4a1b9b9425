"""``s3gw prune``, ``s3gw check``, ``s3gw backup``: they look after the folder of an embedded PFS.

Each runs beside a gateway that serves the folder, and without one. Progress goes to standard error,
a line of summary to standard output.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from s3gw.commands import Parser, failed
from s3gw.pfs.interface import CorruptData, PFSError

Result = TypeVar("Result")

_MOST = 1_000_000_000

_PRUNE = """\
Drop old commits. The head of a branch always stays, and so does what the commits that are kept
need; with both options a commit stays that either keeps, with none only the heads do.
"""
_CHECK = """\
Look at the database, at each version of each file, and for files that belong to nothing. The exit
status is 0 where all is in order, or was repaired; 1 where something is not, or was lost.
"""
_REPAIR = """\
remove what belongs to nothing, and give up versions of files that cannot be read any more: what is
left of them goes to the folder `lost`, so that clients see 404 and can upload them again
"""
_BACKUP = """\
Copy all that was acknowledged before the command began to a new folder, which can be served like
the first. Large bodies are hard links there where both are on one disk.
"""


def add_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the commands to a parser; each has `run`, from its options to the exit status."""
    prune = commands.add_parser(
        "prune", help="drop old commits of an embedded PFS, while it serves", description=_PRUNE
    )
    _add_data(prune)
    prune.set_defaults(run=_prune)
    prune.add_argument(
        "--keep-commits", type=_count, metavar="N", help="keep so many of the newest commits of each branch"
    )
    prune.add_argument(
        "--keep",
        type=duration,
        metavar="DURATION",
        help="keep commits that are no older: 30d, 12h, 90m, 45s, 2w",
    )
    prune.add_argument(
        "--branch",
        action="append",
        default=[],
        metavar="BRANCH.REPO[.PROJECT]",
        help="prune this branch alone; may be given more than once",
    )
    prune.add_argument("--dry-run", action="store_true", help="only tell what would go")

    check = commands.add_parser(
        "check", help="tell whether an embedded PFS is whole, while it serves", description=_CHECK
    )
    _add_data(check)
    check.set_defaults(run=_check)
    check.add_argument("--repair", action="store_true", help=_REPAIR)

    backup = commands.add_parser("backup", help="copy an embedded PFS, while it serves", description=_BACKUP)
    _add_data(backup)
    backup.set_defaults(run=_backup)
    backup.add_argument("to", type=Path, metavar="TO", help="a folder that is made")


def _add_data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data", type=Path, required=True, metavar="PATH", help="the folder of embedded:PATH"
    )


def history(text: str) -> str:
    """Check what `serve --history` is given."""
    from s3gw.pfs.embedded import parse_history

    _parsed(parse_history, text)
    return text


def duration(text: str) -> float:
    """Read what an option is given: ``30d``, ``12h``, ``90m``, ``45s``, ``2w``."""
    from s3gw.pfs.embedded import parse_duration

    return _parsed(parse_duration, text)


def _parsed(parse: Callable[[str], Result], text: str) -> Result:
    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= _MOST):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {_MOST}")
    return int(text)


def _prune(options: argparse.Namespace) -> int:
    from s3gw.pfs.embedded import Keep, count_prune, prune

    keep = Keep(options.keep_commits, options.keep)
    try:
        if options.dry_run:
            print(count_prune(options.data, keep, options.branch))
        else:
            print(prune(options.data, keep, options.branch, _tell))
    except PFSError as error:
        return failed(error)
    return 0


def _check(options: argparse.Namespace) -> int:
    from s3gw.pfs.embedded import check

    try:
        report = check(options.data, repair=options.repair, tell=_tell)
    except PFSError as error:
        return failed(error)
    print(report)
    return 0 if report.in_order else 1


def _backup(options: argparse.Namespace) -> int:
    from s3gw.pfs.embedded import backup

    try:
        print(backup(options.data, options.to, _tell))
    except CorruptData as error:
        return failed(error, 1)
    except PFSError as error:
        return failed(error)
    return 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
