"""``s3gw operations`` and ``s3gw explain``: they tell what is promised, from the tables that keep it."""

from __future__ import annotations

import argparse
import io
import json
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from s3gw.addressing.hosts import Domains
from s3gw.commands import Parser
from s3gw.generated import errors
from s3gw.generated.routes import DEFAULT_PROFILE, PROFILES
from s3gw.generated.wire import DROPS
from s3gw.http.dispatch import Profile
from s3gw.http.operation import ANYBODY, Operation, Support
from s3gw.http.request import Request
from s3gw.http.target import Target
from s3gw.pfs.interface import PFSError
from s3gw.pfs.paths import check_path
from s3gw.s3_error import S3Error


def add_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the commands to a parser; each has `run`, from its options to the exit status."""
    operations = commands.add_parser("operations", help="print the compatibility table")
    operations.set_defaults(run=_operations)
    _add_profile(operations)
    operations.add_argument("--format", choices=["json", "table"], default="table")

    explain = commands.add_parser("explain", help="tell which operation a request is, and what becomes of it")
    explain.set_defaults(run=_explain)
    explain.add_argument("method", type=str.upper, metavar="METHOD")
    explain.add_argument("url", metavar="URL", help="whole, or from the first slash on")
    explain.add_argument(
        "-H",
        dest="headers",
        type=_header,
        action="append",
        default=[],
        metavar="'NAME: VALUE'",
        help="a header",
    )
    explain.add_argument(
        "--domain",
        type=domains,
        metavar="NAME[,NAME]",
        help="as served with it: the bucket may stand in the host",
    )
    _add_profile(explain)


def _add_profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--profile", choices=list(PROFILES), default=DEFAULT_PROFILE, help="as this profile serves it"
    )


def domains(text: str) -> Domains | None:
    """Read the domains of a command line; None where it has none."""
    names = text.replace(",", " ").split()
    try:
        return Domains(names) if names else None
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r} is not a header: write -H 'name: value'")
    return name.strip().lower(), value.strip()


def _operations(options: argparse.Namespace) -> int:
    profile = PROFILES[options.profile]
    rows = [_row(operation) for operation in profile.operations]
    if options.format == "json":
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        state = "supported" if row["supported"] else "501"
        print(f"{state:<9}  {row['operation']:<48}  {row['feature']:<30}  {row['request']}")
    supported = sum(row["supported"] for row in rows)
    print(f"{supported} of {len(rows)} operations are supported in the profile {profile.name}.")
    return 0


def _row(operation: Operation[Any, Any]) -> dict[str, Any]:
    support = operation.support
    row: dict[str, Any] = {
        "operation": operation.name,
        "feature": operation.feature,
        "request": " ".join(part for part in (operation.method, operation.level, operation.marks) if part),
        "right": operation.right,
        "profiles": operation.served_in,
        "supported": support is not None,
    }
    if operation.twin_of:
        row["twin_of"] = operation.twin_of
    if support is None:
        return {**row, "why": operation.why, "instead": operation.instead}
    return {
        **row,
        "summary": support.summary,
        "pfs": support.pfs,
        "reads": support.reads,
        "drops": {name: DROPS[name] for name in support.drops},
        "refuses": dict(support.refuses),
    }


def _explain(options: argparse.Namespace) -> int:
    raw = quote(options.url, safe="/:?&=%#[]@!$'()*+,;~").encode().decode("latin-1")
    request = Request(options.method, raw, dict(options.headers), io.BytesIO())
    try:
        target = request.locate(options.domain)
        profile = PROFILES[options.profile]
        request.buckets = profile.buckets
        operation = profile.resolve(target.level, request.method, target.query, request.headers)
    except S3Error as error:
        print(f"{options.method} {options.url}: {_said(error)}")
    else:
        print("\n".join(f"{label:<9}  {text}" for label, text in _told(request, target, operation, profile)))
    return 0


def _told(
    request: Request, target: Target, operation: Operation[Any, Any], profile: Profile
) -> list[tuple[str, str]]:
    """Say of a request what it is and what becomes of it, each with a label."""
    told = [("operation", f"{operation.name} ({operation.feature}), {target.level} level")]
    told += [(label, name) for label, name in (("bucket", target.bucket), ("key", target.key)) if name]
    told.append(
        ("right", "none is asked for" if operation.right == ANYBODY else f"{operation.right} (with --auth)")
    )
    support = operation.support
    if support is None:
        return [*told, ("answer", f"501 NotImplemented: {operation.refusal()}")]
    told += [("PFS", ", ".join(support.pfs)), ("", support.summary)]
    told += [
        ("dropped", f"{name}: {DROPS[pattern]}")
        for name in request.headers
        for pattern in support.drops
        if fnmatchcase(name, pattern)
    ]
    problem = _problem(request, support)
    if problem is None and support.makes_object:
        problem = _problem_of_key(target.key, profile)
    return told if problem is None else [*told, ("answer", _said(problem))]


def _problem(request: Request, support: Support[Any, Any]) -> S3Error | None:
    """Tell why a request is refused before anybody looks into PFS; a body that it lacks here is no reason."""
    request.headers.setdefault("content-length", "0")
    try:
        support.read(request)
    except S3Error as error:
        return None if error.kind is errors.MissingRequestBodyError else error
    return None


def _problem_of_key(key: str, profile: Profile) -> S3Error | None:
    """Tell why no object can have a key."""
    try:
        check_path(profile.keys.path(key))
    except PFSError as error:
        row, _ = errors.PFS_ERRORS[profile.name][type(error)]
        return S3Error(row, str(error))
    return None


def _said(error: S3Error) -> str:
    allow = f" (Allow: {error.headers['Allow']})" if "Allow" in error.headers else ""
    return f"{error.kind.status} {error.kind.code}{allow}: {error.message}"
