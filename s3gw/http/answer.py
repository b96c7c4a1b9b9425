"""What an operation answers: a status, headers by their names in S3, a body."""

from __future__ import annotations

from dataclasses import dataclass, field

from s3gw.pfs.interface import FileReader


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: a document is rendered whole, a file is streamed, None has no body."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes | FileReader | None = None

    def always(self, _result: object) -> Answer:
        """Answer so whatever the handler returned."""
        return self
