"""What is done before a commit begins, since others wait for that: copies, properties, file sets."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import Branch, BranchNotFound, FileInfo, NotAuthorized, Put
from s3gw.pfs.pachd import _copies
from s3gw.pfs.pachd._client import Client
from s3gw.pfs.pachd._contents import PachdContent, content_of
from s3gw.pfs.pachd._messages import FILE_SETS, file_message
from s3gw.pfs.pachd._plan import Plan
from s3gw.pfs.pachd._properties import Kept, Properties


class Preparation:
    """Prepares the plans of a branch."""

    def __init__(self, client: Client, branch: Branch, properties: Properties | None) -> None:
        self._client = client
        self._branch = branch
        self._properties = properties

    def made(self, put: Put, plan: Plan, committed: datetime) -> FileInfo:
        """Tell what a put makes."""
        content = content_of(put)
        made_hash = plan.hash_of(put) or self._inspect_file_set(content)
        kept = None if self._properties is None else put.properties
        return FileInfo(put.path, content.size, made_hash, None, committed, properties=kept)

    def _inspect_file_set(self, content: PachdContent) -> bytes:
        """Ask for the hash of a large body."""
        file = file_message(FILE_SETS, content.file_set, content.path)
        try:
            found = (self._client if self._properties is None else self._properties.client).inspect_file(
                file
            )(None)
        except BranchNotFound as error:
            raise NotAuthorized(
                "pachd tells the hash of a large body before its commit to admins of the cluster alone: "
                "give the gateway such a token, or no --properties-repo."
            ) from error
        assert found is not None
        content.known_hash = found.hash
        return found.hash

    def prepare(self, plan: Plan) -> None:
        """Do what has to be done before the commit: others wait for that."""
        puts = plan.puts()
        self._renew([content_of(put) for put in puts])
        copies = [(source, put.path) for put in puts if (source := content_of(put).source) is not None]
        if copies:
            plan.copies = _copies.copy(self._client, copies)
        if self._properties is not None:
            now = datetime.now(UTC)
            made = [self.made(put, plan, now) for put in puts]
            self._properties.keep(
                [Kept(self._branch, file.path, file.hash, file.properties) for file in made]
            )
        if plan.copied:
            self.gather(plan)

    def _renew(self, contents: list[PachdContent]) -> None:
        """Keep the file sets of bodies that have waited: pachd copies nothing from one that is gone."""
        now = time.monotonic()
        renewals = [
            self._client.begin(
                "RenewFileSet",
                pb.RenewFileSetRequest(file_set_id=content.file_set, ttl_seconds=_copies.TTL_S),
            )
            for content in contents
            if content.file_set and now - content.made > _copies.RENEW_AFTER_S
        ]
        for renewed in renewals:
            renewed()

    def gather(self, plan: Plan) -> None:
        """Make a file set of all that a plan makes."""
        if plan.file_set is None:
            upload = self._client.begin_upload(plan.messages())
            plan.file_set = upload.result(_copies.time_for(self._client, plan.copied))
