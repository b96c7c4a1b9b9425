"""HTML forms that upload a file, ``multipart/form-data``: fields, and behind them a file that streams.

Falcon's parser takes the parts apart; what S3 makes of them, and the bounds of what stands before the
file, are here. What stands behind the file is read and means nothing, as S3 has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Self

from falcon import HTTPInvalidHeader, MultipartParseError
from falcon.media.multipart import BodyPart, MultipartForm, MultipartFormHandler, MultipartParseOptions
from falcon.util.mediatypes import parse_header

from s3gw.generated import errors
from s3gw.http.body import CHECKSUM, Body
from s3gw.http.framing import BLOCK, Input
from s3gw.s3_error import S3Error, invalid_argument

# Bytes of fields before the file, as S3 has it.
_FIELDS_LIMIT = 20 * 1024

# Bytes of all that is read before a file is found: boundaries, heads of parts, a block of the file.
_HEAD_LIMIT = 128 * 1024

# Bytes of a Content-Type and of the head of a part: Falcon reads parameters in the square of their time.
_TYPE_LIMIT = 1024
_PART_HEAD_LIMIT = 2 * 1024

# Parts in all, and behind the file: what means nothing costs time.
_PARTS = 4096
_PARTS_BEHIND = 100

# More than any body has: it is the body that tells where it ends.
_ENDLESS = 2**60

_FILE = "file"
_FILENAME = "${filename}"
_PATH = re.compile(r"[/\\]")
_CHARSETS = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "iso-8859-1": "latin-1"}

# Fields that promise something of the bytes of the file.
_PROMISES = ("content-md5", CHECKSUM)


def is_form(content_type: str) -> bool:
    """Tell whether a body of a type is a form."""
    return content_type.partition(";")[0].strip().lower() == "multipart/form-data"


class File(Body):
    """The file of a form; read once, as any body.

    Attributes:
        least: How many bytes it must have.
        most: How many it may have; None where nobody says it.
    """

    least = 0
    most: int | None = None

    def __iter__(self) -> Iterator[bytes]:
        """Give the bytes. Raise S3Error as `Body`, EntityTooLarge, EntityTooSmall, MalformedPOSTRequest."""
        size = 0
        for block in super().__iter__():
            size += len(block)
            if self.most is not None and size > self.most:
                raise S3Error(errors.EntityTooLarge, max_size_allowed=str(self.most))
            yield block
        if size < self.least:
            raise S3Error(errors.EntityTooSmall, proposed_size=str(size), min_size_allowed=str(self.least))


class Form:
    """A form whose fields are read, and whose file is not yet.

    Attributes:
        fields: What stands before the file, by names in lower case; bytes that are not UTF-8 are lone
            surrogates.
        file: What is uploaded.
    """

    def __init__(self, fields: Mapping[str, str], file: File) -> None:
        self.fields = fields
        self.file = file

    @classmethod
    def open(cls, content_type: str, body: Body) -> Self:
        """Read a form as far as its file.

        Raises:
            S3Error: PreconditionFailed where it is none; MalformedPOSTRequest; InvalidArgument where it
                has no file, or two values for one field; MaxPostPreDataLengthExceededError.
        """
        if not is_form(content_type):
            condition = "Bucket POST must be of the enclosure-type multipart/form-data"
            raise S3Error(errors.PreconditionFailed, condition=condition)
        parts = _Parts(_bounded(content_type), body)
        fields: dict[str, str] = {}
        while (part := parts.following()) is not None:
            name = _name(part)
            if name == _FILE:
                break
            value = parts.text(part, name)
            if fields.setdefault(name, value) != value:
                message = f"The form has more than one field named '{name}'."
                raise invalid_argument(name, "", message)  # the value may be a secret
        if part is None:
            raise _files(0)
        parts.has_file = True
        if "key" in fields:
            fields["key"] = fields["key"].replace(_FILENAME, _file_name(part))
        promises = {name: value for name, value in fields.items() if name.startswith(_PROMISES)}
        return cls(fields, File(promises, _Content(part, parts), arrived=body.arrived))


class _Parts:
    """The parts of a form, one after the other.

    Attributes:
        has_file: Whether the file was found: what comes from then on is not bounded.
    """

    def __init__(self, content_type: str, body: Body) -> None:
        self.has_file = False
        self._blocks = iter(body)
        self._block, self._position = b"", 0
        self._received = 0
        self._size = 0
        options = MultipartParseOptions()
        options.max_body_part_count = _PARTS
        options.max_body_part_headers_size = _PART_HEAD_LIMIT
        try:
            form: MultipartForm = MultipartFormHandler(options).deserialize(self, content_type, _ENDLESS)
        except (HTTPInvalidHeader, UnicodeError) as error:
            raise _malformed("Its Content-Type names no boundary that a form can have.") from error
        self._parts = iter(form)

    def read(self, size: int | None = None, /) -> bytes:
        """Give what comes next of the body, for Falcon; nothing at its end."""
        if self._position == len(self._block):
            self._block, self._position = next(self._blocks, b""), 0
            self._received += len(self._block)
        if not self.has_file and self._received - len(self._block) > _HEAD_LIMIT:
            raise S3Error(errors.MaxPostPreDataLengthExceededError)
        data = self._block[self._position : None if size is None else self._position + size]
        self._position += len(data)
        return data

    def following(self) -> BodyPart | None:
        """Go to the next part; None where there is none. Raise S3Error MalformedPOSTRequest."""
        try:
            return next(self._parts, None)
        except MultipartParseError as error:
            raise _malformed(f"What is wrong: {error.description}.") from error

    def text(self, part: BodyPart, name: str) -> str:
        """Read the value of a field."""
        data = part.stream.read(_FIELDS_LIMIT + 1)
        self._size += len(name) + len(data)
        if self._size > _FIELDS_LIMIT:
            raise S3Error(errors.MaxPostPreDataLengthExceededError)
        try:
            charset = parse_header(_bounded(part.content_type))[1].get("charset", "utf-8").lower()
            return data.decode(_CHARSETS[charset], "surrogateescape")
        except (UnicodeError, KeyError) as error:
            raise _malformed(
                f"The charset of its field '{name}' is none of {', '.join(_CHARSETS)}."
            ) from error

    def finish(self) -> None:
        """Read what stands behind the file, to the end of the body."""
        files, behind = 1, 0
        while (part := self.following()) is not None:
            files += _name(part) == _FILE
            behind += 1
            if behind > _PARTS_BEHIND:
                raise _malformed("Too much stands behind its file.")
        if files > 1:
            raise _files(files)
        while self.read(BLOCK):
            pass


class _Content:
    """The bytes of the file; that it has ended is only told where the form ends as one does."""

    def __init__(self, part: BodyPart, parts: _Parts) -> None:
        self._stream: Input = part.stream
        self._parts = parts

    def read(self, size: int, /) -> bytes:
        """Give at most `size` bytes; none at the end."""
        data = self._stream.read(size)
        if not data:
            self._parts.finish()
        return data


def _bounded(content_type: str) -> str:
    if len(content_type) > _TYPE_LIMIT:
        raise _malformed("A Content-Type of it is too long.")
    return content_type


def _name(part: BodyPart) -> str:
    """Give the name of a part in lower case."""
    try:
        name = part.name
    except UnicodeError as error:
        raise _malformed("The head of a part is not UTF-8.") from error
    if name is None:
        raise _malformed("A part of it has no name.")
    return name.lower()


def _file_name(part: BodyPart) -> str:
    """Give the name of the file without its folders, which some browsers send along."""
    try:
        return _PATH.split(part.filename or "")[-1]
    except MultipartParseError as error:
        raise _malformed(f"What is wrong: {error.description}.") from error


def _files(count: int) -> S3Error:
    return invalid_argument(_FILE, str(count), "POST requires exactly one file upload per request.")


def _malformed(what: str) -> S3Error:
    return S3Error(errors.MalformedPOSTRequest, f"{errors.MalformedPOSTRequest.message} {what}")
