"""What a user may do with repos: PFS's roles decide, and it is asked for them before anything is done.

pachd asks for them itself too, but not always, and not soon:

* Whether a branch is there it tells everybody who has a token.
* What is written to a commit that is open it takes from everybody.
* A body is refused when all of it has come.
* A repo that somebody may not delete stays, and nothing says so.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from python_pachyderm.proto.v2.auth import auth_pb2

from s3gw.pfs.interface import Branch, BranchNotFound, NotAuthorized
from s3gw.pfs.pachd._client import Client
from s3gw.pfs.pachd._errors import AuthOff

# What pachd has granted is asked again after so many seconds: a request asks several times, and for each
# of a thousand keys.
_KEPT_S = 5.0
_MOST = 1024

_READ = (auth_pb2.REPO_READ, auth_pb2.REPO_INSPECT_COMMIT, auth_pb2.REPO_INSPECT_FILE)
_PERMISSIONS = {
    "read": _READ,
    "list": (*_READ, auth_pb2.REPO_LIST_FILE, auth_pb2.REPO_LIST_COMMIT),
    "write": (auth_pb2.REPO_WRITE,),
    "delete": (auth_pb2.REPO_WRITE,),
    "create": (auth_pb2.REPO_CREATE_BRANCH,),
}

# No right of S3's: what it takes to delete the last branch of a repo.
REMOVE = "remove"
_PERMISSIONS[REMOVE] = (auth_pb2.REPO_DELETE_BRANCH, auth_pb2.REPO_DELETE)


class Roles:
    """What the user may do in whose name a client calls."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        # Project, repo and right -> until when it counts as granted, on the monotonic clock.
        self._granted: OrderedDict[tuple[str, str, str], float] = OrderedDict()

    def require(self, branch: Branch, right: str) -> None:
        """Demand a right on the repo of a branch. Raise `NotAuthorized`, whether it exists or not."""
        key = (branch.project, branch.repo, right)
        now = time.monotonic()
        with self._lock:
            if self._granted.get(key, now) > now:
                return
        if not self._ask(branch, right):
            raise NotAuthorized(f"No role of this user grants the right to {right} in {branch}.")
        with self._lock:
            self._granted[key] = now + _KEPT_S
            self._granted.move_to_end(key)
            while len(self._granted) > _MOST:
                self._granted.popitem(last=False)

    def _ask(self, branch: Branch, right: str) -> bool:
        resource = auth_pb2.Resource(type=auth_pb2.REPO, name=f"{branch.project}/{branch.repo}")
        request = auth_pb2.AuthorizeRequest(resource=resource, permissions=_PERMISSIONS[right])
        try:
            return bool(self._client.call("Authorize", request).authorized)
        except BranchNotFound:  # no such repo, and no role that would reach it
            return right == "create"
        except AuthOff:
            return True
