"""The keyring of ``--auth FILE``: who there is, and what each may; read again when it changes.

`keyring.schema.json` says what stands in it, docs/identity.md what that means.
"""

from __future__ import annotations

import logging
import os
import stat
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from s3gw.auth.authority import Credentials
from s3gw.auth.document import LONGEST_BYTES, Document, KeyringError
from s3gw.auth.identity import Grant, Identity
from s3gw.pfs.interface import DEFAULT_PROJECT
from s3gw.pfs.paths import is_commit_id

ANONYMOUS = "anonymous"
DEFAULT_ACCOUNT = "000000000000"

_LONGEST_SECRET_BYTES = 4096
_LOOK_S = 1.0
_OTHERS = 0o077

# How many labels a bucket has where its project is told.
_WITH_PROJECT = 3

_log = logging.getLogger(__name__)

# What a file is known by, or None where there is none; and what was seen of each file of a keyring.
_Stamp = tuple[int, ...] | None
_Files = dict[Path, _Stamp]


@dataclass(frozen=True, slots=True)
class Ring:
    """What a keyring says: the account, what nobody in particular may, and credentials by access key."""

    account: str
    anonymous: Identity
    credentials: dict[str, Credentials]


class Keyring:
    """An `Authority` over a file.

    Args:
        path: The file.

    Raises:
        KeyringError: It cannot be read, or is no keyring.
    """

    keys_are_secret = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: _Files = {}
        self._take(load(path, self._seen))

    def _take(self, ring: Ring) -> None:
        self.account = ring.account
        self._anonymous = ring.anonymous
        self._credentials = ring.credentials

    def __len__(self) -> int:
        """Count the identities."""
        return len(self._credentials)

    @property
    def anonymous(self) -> Identity:
        """See `Authority`."""
        return self._anonymous

    def credentials(self, access_key: str) -> Credentials | None:
        """See `Authority`."""
        return self._credentials.get(access_key)

    def confirm(self, credentials: Credentials) -> Identity:
        """See `Authority`."""
        return credentials.identity

    def look(self) -> None:
        """Read it again if a file has changed; what is no keyring changes nothing but the log."""
        if all(_stamp(path) == stamp for path, stamp in self._seen.items()):
            return
        self._seen = {}  # of a broken one too, so that the same is not said again
        try:
            self._take(load(self._path, self._seen))
        except KeyringError as error:
            _log.warning("the keyring stays what it was: %s", error)
        else:
            _log.info("the keyring has changed: %d identities", len(self))
            self.warn_of_others()

    def warn_of_others(self) -> None:
        """Log a line where the file is open to others than its owner."""
        mode = self._seen[self._path]
        if mode is not None and mode[0] & _OTHERS:
            what = "others can read %s, which holds secrets: run chmod 600 %s"
            _log.warning(what, self._path, self._path)

    def watch(self) -> None:
        """Look every second, in a thread that ends with its process."""
        threading.Thread(target=self._watch, name="keyring", daemon=True).start()

    def _watch(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(_LOOK_S)
            try:
                self.look()
            except Exception:  # whatever it was, the next change must be seen
                _log.exception("the keyring cannot be read")


def load(path: Path, seen: _Files) -> Ring:
    """Read a keyring and the files of its secrets.

    Args:
        path: The keyring.
        seen: What was seen of each file is put there, whatever becomes of it.

    Raises:
        KeyringError: It cannot be read, or is no keyring.
    """
    try:
        return parse(_read(path, LONGEST_BYTES, seen), path.parent, seen)
    except OSError as error:
        what = f"{error.strerror or error}: write one, or run s3gw key add NAME --keyring {path}"
        raise KeyringError(f"{path}: {what}") from error
    except KeyringError as error:
        raise KeyringError(f"{path}: {error}") from error


def parse(data: bytes, folder: Path, seen: _Files) -> Ring:
    """Read the keyring that stands in `data`; see `load`. Paths begin in `folder`."""
    document = Document(data)
    content = document.content
    credentials: dict[str, Credentials] = {}
    names: set[str] = set()
    for number, row in enumerate(content.get("identities", ())):
        reader = _Reader(document, ("identities", number), folder, seen)
        if row["name"] in names:
            raise reader.error("name", "this name is another's too: give it one of its own")
        if row["access_key"] in credentials:
            raise reader.error("access_key", "this access key is another's too: give it one of its own")
        names.add(row["name"])
        credentials[row["access_key"]] = reader.credentials(row)
    anonymous = content.get("anonymous", {})
    grants = _Reader(document, ("anonymous",), folder, seen).grants(anonymous)
    return Ring(
        content.get("account", DEFAULT_ACCOUNT), Identity(ANONYMOUS, grants, is_anonymous=True), credentials
    )


class _Reader:
    """Reads what stands at a path into a document."""

    def __init__(self, document: Document, path: tuple[str | int, ...], folder: Path, seen: _Files) -> None:
        self._document = document
        self._path = path
        self._folder = folder
        self._seen = seen

    def error(self, member: str, what: str, *rest: str | int) -> KeyringError:
        return self._document.error((*self._path, member, *rest), what)

    def credentials(self, row: dict[str, Any]) -> Credentials:
        secret = self._secret(row, "secret")
        assert secret is not None  # the schema asks for one
        return Credentials(
            secret,
            Identity(row["name"], self.grants(row)),
            self._secret(row, "session_token"),
            self._expires(row),
        )

    def _secret(self, row: dict[str, Any], member: str) -> str | None:
        """Give a secret, wherever it is. Raise KeyringError where there is none."""
        if member in row:
            return str(row[member])
        if f"{member}_env" in row:
            secret = os.environ.get(row[f"{member}_env"])
            if not secret:
                what = "this variable of the environment is not set, or empty: set it"
                raise self.error(f"{member}_env", what)
            return secret
        return (
            self._secret_of_file(row[f"{member}_file"], f"{member}_file") if f"{member}_file" in row else None
        )

    def _secret_of_file(self, name: str, member: str) -> str:
        try:
            data = _read(self._folder / name, _LONGEST_SECRET_BYTES, self._seen)
            secret = data.decode().removesuffix("\n").removesuffix("\r")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise self.error(member, f"the file cannot be read ({reason}): mend it") from None
        if not secret:
            raise self.error(member, "the file is empty: write the secret into it")
        return secret

    def _expires(self, row: dict[str, Any]) -> float | None:
        if "expires" not in row:
            return None
        try:
            return datetime.fromisoformat(row["expires"].upper()).timestamp()
        except ValueError:
            raise self.error(
                "expires", "there is no such time: write one such as 2030-12-31T23:59:59Z"
            ) from None

    def grants(self, row: dict[str, Any]) -> tuple[Grant, ...]:
        for number, grant in enumerate(row.get("may", ())):
            for place, pattern in enumerate(grant["buckets"]):
                what = _fault(pattern)
                if what:
                    raise self.error("may", what, number, "buckets", place)
        return tuple(
            Grant(frozenset(grant["rights"]), tuple(grant["buckets"]), tuple(grant.get("prefixes", ())))
            for grant in row.get("may", ())
        )


def _fault(pattern: str) -> str | None:
    """Say why no bucket can be of a pattern: buckets are judged by one name each."""
    first, *rest = pattern.split(".")
    if len(rest) == _WITH_PROJECT - 1 and rest[-1] == DEFAULT_PROJECT:
        return f"buckets of the project {DEFAULT_PROJECT} are named without it: write {first}.{rest[0]}"
    if is_commit_id(first):
        return "a commit is a bucket of its branch's rights: write branch.repo"
    return None


def _read(path: Path, longest: int, seen: _Files) -> bytes:
    """Read a file, of at most `longest` bytes, and note what was seen of it first. Raise OSError."""
    seen[path] = _stamp(path)
    # whoever writes to a pipe may never come
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is no file")
        data = file.read(longest + 1)
    if len(data) > longest:
        raise OSError(0, f"it has more than {longest} bytes")
    return data


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mode, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
