"""The keyring of ``--auth FILE``: who there is, and what each may; read again when it changes.

`keyring.schema.json` says what stands in it, docs/identity.md what that means.
"""

from __future__ import annotations

import fcntl
import logging
import os
import pickle
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

from s3gw.auth.authority import Credentials
from s3gw.auth.document import ANONYMOUS, LONGEST_BYTES, Document, KeyringError, Row, expires
from s3gw.auth.identity import Grant, Identity

_LONGEST_SECRET_BYTES = 4096
_LOOK_S = 1.0
_OTHERS = 0o077

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


class Shared:
    """What those processes have in common that it is forked into: who speaks, and the last whole keyring.

    One of them speaks and keeps for all, and another when that ends. It is in memory alone.
    """

    def __init__(self) -> None:
        self._file = os.memfd_create("keyring")

    def is_mine(self) -> bool:
        """Tell whether this process speaks."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # another does
            return False
        return True

    def keep(self, ring: Ring) -> None:
        """Keep what the keyring says now, for a process that starts while it is broken."""
        data = pickle.dumps(ring)
        os.pwrite(self._file, data, 0)
        os.ftruncate(self._file, len(data))

    def kept(self) -> Ring | None:
        """Give what was kept; None where nothing was."""
        data = os.pread(self._file, os.fstat(self._file).st_size, 0)
        try:
            ring: Ring = pickle.loads(data)  # noqa: S301 - nobody else can write there
        except (EOFError, pickle.UnpicklingError):  # nothing, or whoever kept it was killed meanwhile
            return None
        return ring


class Keyring:
    """An `Authority` over a file.

    Args:
        path: The file.
        shared: By the processes that serve with it: one alone is to log, and one that starts while the file
            is broken goes on with what was kept.

    Raises:
        KeyringError: It cannot be read, or is no keyring, and nothing was kept.
    """

    keys_are_secret = False
    is_quick = True

    def __init__(self, path: Path, shared: Shared | None = None) -> None:
        self._path = path
        self._shared = shared
        self._seen: _Files = {}
        try:
            ring = load(path, self._seen)
        except KeyringError:
            kept = None if shared is None else shared.kept()
            if kept is None:
                raise
            ring = kept
        self._take(ring)

    def keep(self) -> None:
        """Keep what it says, for a process that starts while it is broken."""
        if self._shared is not None:
            self._shared.keep(Ring(self.account, self._anonymous, self._credentials))

    def _take(self, ring: Ring) -> None:
        self.account = ring.account
        self._anonymous = ring.anonymous
        self._credentials = ring.credentials

    @property
    def count(self) -> int:
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
            ring = load(self._path, self._seen)
        except KeyringError as error:
            self._say(logging.WARNING, f"the keyring stays what it was: {error}")
        else:
            self._take(ring)
            if self._shared is not None and self._shared.is_mine():
                self._shared.keep(ring)
            self._say(logging.INFO, f"the keyring has changed: {self.count} identities")
            self.warn_of_others()

    def _say(self, level: int, text: str) -> None:
        if self._shared is None or self._shared.is_mine():
            _log.log(level, "%s", text)

    def warn_of_others(self) -> None:
        """Log a line where the file is open to others than its owner."""
        mode = self._seen[self._path]
        if mode is not None and mode[0] & _OTHERS:
            what = f"others can read {self._path}, which holds secrets: run chmod 600 {self._path}"
            self._say(logging.WARNING, what)

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
        return parse(read(path, seen=seen), path.parent, seen)
    except OSError as error:
        what = f"{error.strerror or error}: write one, or run s3gw key add NAME --keyring {path}"
        raise KeyringError(f"{path}: {what}") from error
    except KeyringError as error:
        raise KeyringError(f"{path}: {error}") from error


def parse(data: bytes, folder: Path, seen: _Files) -> Ring:
    """Read the keyring that stands in `data`; see `load`. Paths begin in `folder`."""
    document = Document(data)
    rows = document.identities
    credentials = {row["access_key"]: _credentials(document, row, folder, seen) for row in rows}
    anonymous = Identity(ANONYMOUS, _grants(document.anonymous), is_anonymous=True)
    return Ring(document.account, anonymous, credentials)


def _credentials(document: Document, row: Row, folder: Path, seen: _Files) -> Credentials:
    def of(member: str) -> str | None:
        """Give a secret, wherever it is; None where none is asked for. Raise KeyringError."""
        file, variable = row.get(f"{member}_file"), row.get(f"{member}_env")
        try:
            if file is not None:
                return _secret_of_file(folder / file, seen)
            return row.get(member) if variable is None else _secret_of_variable(variable)
        except _NoSecret as error:
            where = f"{member}_env" if file is None else f"{member}_file"
            raise document.error(row, where, str(error)) from None

    secret = of("secret")
    assert secret, "the schema asks for one"
    return Credentials(secret, Identity(row["name"], _grants(row)), of("session_token"), expires(row))


class _NoSecret(Exception):
    """Why there is none, and what to do."""


def _secret_of_variable(variable: str) -> str:
    secret = os.environ.get(variable)
    if not secret:
        raise _NoSecret("this variable of the environment is not set, or empty: set it")
    return secret


def _secret_of_file(path: Path, seen: _Files) -> str:
    try:
        secret = read(path, _LONGEST_SECRET_BYTES, seen).decode().removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise _NoSecret(f"this file cannot be read ({error.strerror}): mend it") from None
    except UnicodeDecodeError:
        raise _NoSecret("this file is no text: write the secret into it, in UTF-8") from None
    if not secret:
        raise _NoSecret("this file is empty: write the secret into it")
    return secret


def _grants(row: Row) -> tuple[Grant, ...]:
    return tuple(
        Grant(frozenset(grant["rights"]), tuple(grant["buckets"]), tuple(grant.get("prefixes", ())))
        for grant in row.get("may", ())
    )


def read(path: Path, longest: int = LONGEST_BYTES, seen: _Files | None = None) -> bytes:
    """Read a file, of at most `longest` bytes, and note what was seen of it first. Raise OSError."""
    if seen is not None:
        seen[path] = _stamp(path)
    with open(path, "rb", opener=_opened) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(0, "it is no file")
        data = file.read(longest + 1)
    if len(data) > longest:
        raise OSError(0, f"it has more than {longest} bytes")
    return data


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # whoever writes to a pipe may never come


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mode, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
