"""File sets: what one stream of operations makes, to be laid upon what is beneath it."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

from s3gw.devpachd._names import below, check_path, clean
from s3gw.devpachd._refusal import Refusal
from s3gw.devpachd._shelf import Shelf
from s3gw.devpachd._views import DATUM, END, Key, OverlayView, View
from s3gw.pfs.embedded._contents import BodyStaging, StagedContent

_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a file.

    Attributes:
        replaces: Whether it takes the place of what is beneath it, or is appended to that.
        content: The body; None for a file that is deleted.
        doubled: Whether pachd has written it down twice, which is an error of the commit: so it
            does where in one stream something follows a CopyFile to the same path, or a CopyFile
            something else. The content is then the last of these, as InspectFile and CopyFile see it.
    """

    replaces: bool
    content: StagedContent | None
    doubled: bool = False


FileSet = dict[Key, Change]


def compose(shelf: Shelf, layers: Iterable[FileSet]) -> FileSet:
    """Lay file sets upon each other: the same file is appended, unless a layer above deletes it first."""
    composed: FileSet = {}
    pieces: dict[Key, list[StagedContent]] = {}
    for layer in layers:
        for key, upper in layer.items():
            lower = composed.get(key)
            if lower is None or upper.replaces:
                composed[key], pieces[key] = upper, []
            else:
                composed[key] = Change(
                    lower.replaces, upper.content or lower.content, upper.doubled or lower.doubled
                )
            if upper.content is not None:
                pieces[key].append(upper.content)
    for key, contents in pieces.items():
        if len(contents) > 1:
            composed[key] = replace(composed[key], content=shelf.join(*contents))
    return composed


def view_of(shelf: Shelf, file_set: FileSet) -> View:
    """See what a file set holds."""
    changes = {key: change.content for key, change in file_set.items()}
    return OverlayView(None, changes, shelf.hashes, shelf.read)


def whole(shelf: Shelf, view: View) -> FileSet:
    """Make a file set of all that a view holds.

    pachd's has the deletes too that led there, so that files which were written as clients do it
    (delete, then add) replace others.
    """
    return {(file.path, file.datum): Change(True, shelf.body(file.read())) for file in view.files()}


class Writer:
    """Takes the operations of one stream, in their order.

    Args:
        shelf: Where bodies are kept.
        parent: What deletes of directories see beneath the stream.
    """

    def __init__(self, shelf: Shelf, parent: Callable[[], View | None]) -> None:
        self._shelf = shelf
        self._parent = parent
        self._replaced: set[Key] = set()
        self._bodies: dict[Key, BodyStaging] = {}
        self._copied: set[Key] = set()
        self._doubled: set[Key] = set()

    def add(self, path: str, datum: str, blocks: Iterable[bytes]) -> None:
        """Append to a file."""
        check_path(path)
        key = (clean(path), datum or DATUM)
        if key in self._copied:
            self._double(key)
        self._append(key, blocks)

    def _double(self, key: Key) -> None:
        """Begin a second entry of the same name."""
        self._doubled.add(key)
        self._copied.discard(key)
        self._bodies.pop(key).__exit__(None, None, None)

    def _append(self, key: Key, blocks: Iterable[bytes]) -> None:
        staging = self._bodies.get(key)
        if staging is None:
            staging = self._bodies[key] = self._shelf.begin_body()
        for block in blocks:
            staging.write(block)

    def delete(self, path: str, datum: str) -> None:
        """Delete a file, or with a slash behind all that is below a directory."""
        check_path(path)
        datum = datum or DATUM
        if not path.endswith("/"):
            self._replace((clean(path), datum))
            return
        inside = below(clean(path))
        for key in [key for key in self._bodies if key[0].startswith(inside)]:
            self._forget(key)
        parent = self._parent()
        for file in parent.files(inside, inside + END) if parent else ():
            self._replace((file.path, datum))

    def _replace(self, key: Key) -> None:
        self._forget(key)
        self._replaced.add(key)

    def _forget(self, key: Key) -> None:
        staging = self._bodies.pop(key, None)
        self._copied.discard(key)
        self._doubled.discard(key)
        if staging is not None:
            staging.__exit__(None, None, None)

    def copy(self, source: View, path: str, datum: str, target: Key, *, append: bool) -> None:
        """Copy a file or a directory; one that is missing copies nothing, and any target will do."""
        path, place = clean(path), clean(target[0])
        inside = below(path)
        for file in list(source.files(path, inside + END)):
            if (file.path == path or file.path.startswith(inside)) and datum in {"", file.datum}:
                key = (clean(below(place) + file.path[len(path) :].strip("/")), target[1] or DATUM)
                if not append:
                    self._replace(key)
                elif key in self._bodies:
                    self._double(key)
                self._copied.add(key)
                self._append(key, file.read())

    def end(self) -> FileSet:
        """Finish the bodies."""
        changes = {key: Change(True, None) for key in self._replaced}
        for key, staging in self._bodies.items():
            changes[key] = Change(key in self._replaced, staging.finish(), key in self._doubled)
        return changes

    def drop(self) -> None:
        """Forget the bodies."""
        for key in list(self._bodies):
            self._forget(key)


def fetch(url: str) -> Iterator[bytes]:
    """Read what an AddFile names by its URL; devpachd knows no object storage."""
    if not url.startswith(("http://", "https://")):
        raise Refusal(f"devpachd cannot read {url}", "UNIMPLEMENTED")
    with ExitStack() as stack:
        try:
            answer = stack.enter_context(urllib.request.urlopen(url, timeout=60))  # noqa: S310
        except urllib.error.HTTPError as error:
            text = f'error retrieving content from "{url}": {error.code} {error.reason}'
            raise Refusal(text) from error
        except OSError as error:
            raise Refusal(f'Get "{url}": {error}') from error
        while block := answer.read(_BLOCK):
            yield block
