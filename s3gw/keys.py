"""``s3gw key add``, ``list``, ``remove``: they edit a keyring, while gateways serve with it."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import secrets
import string
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from s3gw.auth import editing
from s3gw.auth.document import ANONYMOUS, Document, KeyringError, Row
from s3gw.auth.keyring import read
from s3gw.commands import Parser, failed
from s3gw.generated.authentication import RIGHTS

# As AWS makes them.
_KEY_LETTERS = string.ascii_uppercase + "234567"
_SECRET_LETTERS = string.ascii_letters + string.digits + "+/"

# The options that make a grant: what each says, and an example.
_GRANT = (
    ("rights", f"what it may ({', '.join(RIGHTS)})", "read,list"),
    ("buckets", "where ('*' is everywhere)", "'master.*'"),
    ("prefixes", "beginnings of keys (without it all)", "a/,b/"),
)

# Of an identity; never a secret.
_SHOWN = ("name", "access_key", "expires", "may")

_KEY = """\
Say who there is and what each may, for `s3gw serve --auth FILE`, which reads the file again within
two seconds. Comments and all else in it stay as they are.
"""
_KEY_EPILOG = """\
examples:
  s3gw key add me --keyring keyring.yaml --rights read,list,write,delete,create --buckets '*'
  s3gw key list --keyring keyring.yaml
  s3gw key remove me --keyring keyring.yaml
  S3GW_AUTH=keyring.yaml s3gw key list

Rights: read, list, write, delete, create. docs/identity.md has what each is, and the keyring itself.
"""
_ADD = """\
Add an identity. Its secret is made, and shown this once, unless it is told where that is. Without
--rights and --buckets it may nothing. They may be given more than once, each time with prefixes of
their own.
"""
_ADD_EPILOG = """\
examples:
  s3gw key add ci --keyring keyring.yaml --rights read,list,write --buckets 'master.*' --prefixes builds/
  s3gw key add boss --keyring keyring.yaml --rights read,list,write,delete,create --buckets '*'
"""


def add_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the commands to a parser; each has `run`, from its options to the exit status."""
    raw = argparse.RawDescriptionHelpFormatter
    key = commands.add_parser(
        "key",
        help="say who may do what, in a keyring",
        description=_KEY,
        epilog=_KEY_EPILOG,
        formatter_class=raw,
    )
    verbs = key.add_subparsers(required=True, metavar="COMMAND", parser_class=type(key))

    add = verbs.add_parser(
        "add", help="add an identity", description=_ADD, epilog=_ADD_EPILOG, formatter_class=raw
    )
    add.set_defaults(run=_add, grants=[])
    add.add_argument("name", metavar="NAME", help="who it is, for the log and for what belongs to it")
    _add_keyring(add)
    add.add_argument("--access-key", metavar="KEY", help="its access key (default: one is made)")
    where = add.add_mutually_exclusive_group()
    where.add_argument(
        "--secret-file", metavar="PATH", help="a file of its secret, from the keyring's folder"
    )
    where.add_argument("--secret-env", metavar="NAME", help="a variable of the gateway that holds its secret")
    add.add_argument("--expires", metavar="TIME", help="when it ends: 2030-12-31T23:59:59Z")
    for flag, meaning, example in _GRANT:
        add.add_argument(
            f"--{flag}", action=_Granting, metavar="LIST", help=f"{meaning}, between commas: {example}"
        )
    _add_format(add)

    shown = verbs.add_parser("list", help="show the identities, without their secrets")
    shown.set_defaults(run=_list)
    _add_keyring(shown)
    _add_format(shown)

    remove = verbs.add_parser("remove", help="take an identity away")
    remove.set_defaults(run=_remove)
    remove.add_argument("name", metavar="NAME", help="whom")
    _add_keyring(remove)


def _add_keyring(parser: argparse.ArgumentParser) -> None:
    given = os.environ.get("S3GW_AUTH") or None
    parser.add_argument(
        "--keyring",
        type=_file,
        default=given,
        required=given is None,
        metavar="FILE",
        help="the keyring (default: S3GW_AUTH)",
    )


def _file(text: str) -> Path:
    if text == "pachyderm":
        raise argparse.ArgumentTypeError("pachyderm has its own tokens: name a file")
    return Path(text)


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=["text", "json"], default="text")


class _Granting(argparse.Action):
    """Gathers grants: one begins where an option comes again."""

    def __call__(
        self,
        _parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        _option: str | None = None,
    ) -> None:
        grants: list[Row] = list(namespace.grants)
        if not grants or self.dest in grants[-1]:
            grants.append({})
        grants[-1] = {**grants[-1], self.dest: str(values).split(",")}
        namespace.grants = grants


def _add(options: argparse.Namespace) -> int:
    if not all(grant.keys() >= {"rights", "buckets"} for grant in options.grants):
        return failed("write both --rights, what it may, and --buckets, where: '*' is all of them")
    identity: Row = {
        "name": options.name,
        "access_key": options.access_key or _made("AKIA", 20, _KEY_LETTERS),
    }
    if options.secret_file:
        identity["secret_file"] = options.secret_file
    elif options.secret_env:
        identity["secret_env"] = options.secret_env
    else:
        identity["secret"] = _made("", 40, _SECRET_LETTERS)
    if options.expires:
        identity["expires"] = options.expires
    if options.grants:
        identity["may"] = options.grants
    return _edit(
        options.keyring, lambda data: editing.add(data, identity), lambda: _tell(identity, options.format)
    )


def _made(beginning: str, length: int, letters: str) -> str:
    return beginning + "".join(secrets.choice(letters) for _ in range(length - len(beginning)))


def _tell(identity: Row, form: str) -> None:
    told = {name: identity[name] for name in ("name", "access_key", "secret") if name in identity}
    if form == "json":
        print(json.dumps(told))
        return
    for name, value in told.items():
        print(f"{name.replace('_', ' '):<10}  {value}")
    if "secret" in told:
        print("The secret is not shown again.", file=sys.stderr)
    if "may" not in identity:
        print(
            "It may nothing yet: write `may:` into the keyring, or add it with --rights and --buckets.",
            file=sys.stderr,
        )


def _remove(options: argparse.Namespace) -> int:
    return _edit(
        options.keyring,
        lambda data: editing.remove(data, options.name),
        lambda: print(f"removed {options.name}; gateways know it no more within two seconds"),
        is_there=True,
    )


def _list(options: argparse.Namespace) -> int:
    try:
        document = Document(read(options.keyring))
    except (KeyringError, OSError) as error:
        return failed(_line(options.keyring, error))
    rows = document.identities
    if document.anonymous.get("may"):
        rows = [*rows, {"name": ANONYMOUS, **document.anonymous}]
    shown = [
        {name: row[name] for name in ("name", "access_key", "expires", "may") if name in row} for row in rows
    ]
    if options.format == "json":
        print(json.dumps(shown, indent=2))
        return 0
    width = max((len(row["name"]) for row in shown), default=0)
    key_width = max((len(row.get("access_key", "-")) for row in shown), default=0)
    for row in shown:
        ends = f" until {row['expires']}" if "expires" in row else ""
        may = "; ".join(map(_grant, row.get("may", ()))) or "nothing"
        print(f"{row['name']:<{width}}  {row.get('access_key', '-'):<{key_width}}  {may}{ends}")
    return 0


def _grant(grant: Row) -> str:
    below = f" below {','.join(grant['prefixes'])}" if "prefixes" in grant else ""
    return f"{','.join(grant['rights'])} on {','.join(grant['buckets'])}{below}"


def _edit(
    path: Path, change: Callable[[bytes], bytes], done: Callable[[], None], *, is_there: bool = False
) -> int:
    """Change a keyring as a whole, one command at a time; `done` tells of it."""
    try:
        target = path.resolve()  # what a link names is edited, the link stays
        with _locked(target.parent):
            data = read(target) if is_there or target.exists() else b""
            _replace(target, change(data))
    except (KeyringError, OSError) as error:
        return failed(_line(path, error))
    except RuntimeError:  # of resolve, until Python 3.13
        return failed(f"{path} is a symbolic link to itself")
    done()
    return 0


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other commands out; the folder stays when the file is replaced."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(target: Path, data: bytes) -> None:
    """Put a file in the place of another, of the same owner; nobody else may read it."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # it is 0600
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            _keep_owner(descriptor, target)
            os.fsync(descriptor)
        os.rename(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def _keep_owner(descriptor: int, target: Path) -> None:
    try:
        owner = target.stat()
    except FileNotFoundError:
        return
    mine = os.fstat(descriptor)
    if (owner.st_uid, owner.st_gid) == (mine.st_uid, mine.st_gid):
        return
    try:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    except PermissionError:
        raise KeyringError("it belongs to somebody else: run this as its owner") from None


def _line(path: Path, error: Exception) -> str:
    if isinstance(error, FileNotFoundError) and not path.parent.is_dir():
        return f"{path}: there is no folder {path.parent}: make it first"
    if isinstance(error, FileNotFoundError):
        return f"{path}: there is none: `s3gw key add NAME --keyring {path}` makes one in its folder"
    return f"{path}: {(isinstance(error, OSError) and error.strerror) or error}"
