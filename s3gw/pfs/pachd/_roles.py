"""What a user may do with repos: PFS's roles decide, and it is asked for them before anything is done.

pachd asks for them itself too, but not always, and not soon:

* Whether a branch is there it tells everybody who has a token.
* What is written to a commit that is open it takes from everybody.
* A body is refused when all of it has come.
* A repo that somebody may not delete stays, and nothing says so.
* Anybody may make a repo of any name, the gateway's own repo of somebody else too.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from cachetools import TTLCache
from python_pachyderm.proto.v2.auth import auth_pb2

from s3gw.pfs.interface import Branch, BranchNotFound, NotAuthorized
from s3gw.pfs.pachd._client import Client
from s3gw.pfs.pachd._errors import AuthOff

# What pachd has granted is asked again after so many seconds: a request asks several times, and for each
# of a thousand keys.
_KEPT_S = 5.0
_MOST = 256

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


_log = logging.getLogger(__name__)


def _resource(branch: Branch) -> Any:
    return auth_pb2.Resource(type=auth_pb2.REPO, name=f"{branch.project}/{branch.repo}")


class Roles:
    """What a user may do.

    Args:
        client: Calls in the name of the user.
        user: The name of the user.
    """

    def __init__(self, client: Client, user: str) -> None:
        self._client = client
        self._user = user
        self._lock = threading.Lock()
        self._is_alone = False
        # Project, repo and right, where it is granted.
        self._granted: TTLCache[tuple[str, str, str], bool] = TTLCache(_MOST, _KEPT_S)

    def require(self, branch: Branch, right: str, *, is_new: bool = False) -> None:
        """Demand a right on the repo of a branch. Raise `NotAuthorized`, whether it exists or not.

        But with `is_new` not where it is missing.
        """
        key = (branch.project, branch.repo, right)
        with self._lock:
            if self._granted.get(key):
                return
        is_granted = self._ask(branch, right)
        if is_granted is None and is_new:
            return
        if not is_granted:
            raise NotAuthorized(f"No role of this user grants the right to {right} in {branch}.")
        with self._lock:
            self._granted[key] = True

    def require_alone(self, branch: Branch) -> None:
        """Demand that nobody else has a role on the gateway's own repo of the user. Raise `NotAuthorized`.

        Once is enough: nobody else could give one.
        """
        if self._is_alone:
            return
        request = auth_pb2.GetRoleBindingRequest(resource=_resource(branch))
        try:
            bound = self._client.call("GetRoleBinding", request).binding.entries
        except AuthOff:
            bound = ()
        others = ", ".join(sorted(set(bound) - {self._user}))
        if others:
            what = "what %s uploads could be altered by others: take the roles of %s on the repo %s away"
            _log.warning(what, self._user, others, branch.repo)
            raise NotAuthorized(f"{branch.repo} belongs to somebody else too.")
        self._is_alone = True

    def _ask(self, branch: Branch, right: str) -> bool | None:
        """Ask pachd; None where there is no such repo, and no role that would reach it."""
        request = auth_pb2.AuthorizeRequest(resource=_resource(branch), permissions=_PERMISSIONS[right])
        try:
            return bool(self._client.call("Authorize", request).authorized)
        except BranchNotFound:
            return None
        except AuthOff:
            return True
