"""Who may do what, as pachd has it: tokens of users, and roles that are bound to them.

Until auth is activated everybody may do everything. Roles are bound to the cluster, to projects and to
repos; what a role of the cluster or of its project allows needs none of the repo. All of it is in
``auth.json`` beside the data: tokens as their SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from s3gw.devpachd._names import DEFAULT_PROJECT, Repo
from s3gw.devpachd._refusal import Refusal

ROOT = "pach:root"
CLUSTER = "CLUSTER "
_EVERYBODY = "allClusterUsers"
_ROBOT = "robot:"
_TOKEN = "authn-token"  # noqa: S105

_REPO_READER = frozenset({
    "REPO_READ",
    "REPO_INSPECT_COMMIT",
    "REPO_LIST_COMMIT",
    "REPO_LIST_BRANCH",
    "REPO_LIST_FILE",
    "REPO_INSPECT_FILE",
})  # fmt: skip
_REPO_WRITER = _REPO_READER | {
    "REPO_WRITE",
    "REPO_DELETE_COMMIT",
    "REPO_CREATE_BRANCH",
    "REPO_DELETE_BRANCH",
}
_REPO_OWNER = _REPO_WRITER | {"REPO_MODIFY_BINDINGS", "REPO_DELETE"}
_PROJECT_VIEWER = frozenset({"PROJECT_LIST_REPO"})
_PROJECT_WRITER = _PROJECT_VIEWER | {"PROJECT_CREATE_REPO"}
_PROJECT_OWNER = _PROJECT_WRITER | _REPO_OWNER | {"PROJECT_DELETE", "PROJECT_MODIFY_BINDINGS"}
_ROLES = {
    "repoReader": _REPO_READER,
    "repoWriter": _REPO_WRITER,
    "repoOwner": _REPO_OWNER,
    "projectViewer": _PROJECT_VIEWER,
    "projectWriter": _PROJECT_WRITER,
    "projectOwner": _PROJECT_OWNER,
    "projectCreator": frozenset({"PROJECT_CREATE"}),
    "clusterAdmin": _PROJECT_OWNER
    | {"PROJECT_CREATE", "CLUSTER_MODIFY_BINDINGS", "CLUSTER_AUTH_GET_ROBOT_TOKEN"},
}


def project_place(project: str) -> str:
    """Name a project as what roles are bound to."""
    return f"PROJECT {project}"


def repo_place(repo: Repo) -> str:
    """Name a repo so; system repos have the roles of the repo that they belong to."""
    return f"REPO {repo.project}/{repo.name}"


class Auth:
    """Tokens and roles. Safe to use from many threads."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "auth.json"
        self._lock = threading.RLock()
        known = json.loads(self._path.read_text()) if self._path.exists() else {}
        # SHA-256 of a token -> whose it is, and when it ends, in seconds since 1970.
        self._tokens: dict[str, tuple[str, float | None]] = {
            name: (user, until) for name, (user, until) in known.get("tokens", {}).items()
        }
        # Place -> user -> roles.
        self._bindings: dict[str, dict[str, list[str]]] = known.get("bindings", {})

    def _save(self) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"tokens": self._tokens, "bindings": self._bindings}))
        new.replace(self._path)

    @property
    def is_active(self) -> bool:
        """Whether anybody is asked who they are."""
        return bool(self._tokens)

    def check_active(self) -> None:
        """Refuse what there is with users alone."""
        if not self.is_active:
            raise Refusal("the auth service is not activated", "UNIMPLEMENTED")

    def activate(self, root_token: str, projects: Iterable[str], repos: Iterable[Repo]) -> str:
        """Ask everybody from now on; the result is the token of the user who may do everything."""
        with self._lock:
            if self.is_active:
                raise Refusal("the auth service is already activated", "UNIMPLEMENTED")
            self._bindings[CLUSTER] = {ROOT: ["clusterAdmin"], _EVERYBODY: ["projectCreator"]}
            for place in (*map(project_place, projects), *map(repo_place, repos)):
                self._bindings[place] = {}
            self._bindings[project_place(DEFAULT_PROJECT)] = {_EVERYBODY: ["projectWriter"]}
            return self._add_token(root_token or secrets.token_hex(16), ROOT, None)

    def _add_token(self, token: str, user: str, until: float | None) -> str:
        self._tokens[_hash(token)] = user, until
        self._save()
        return token

    def robot_token(self, robot: str, ttl_s: int) -> str:
        """Make a token of a robot, for a time or for ever."""
        name = robot.removeprefix(_ROBOT)
        if ":" in name:
            raise Refusal("robot names cannot contain colons (':')")
        with self._lock:
            return self._add_token(
                secrets.token_hex(16), _ROBOT + name, time.time() + ttl_s if ttl_s > 0 else None
            )

    def user(self, context: Any) -> tuple[str, float | None]:
        """Give the name of the caller, and when the token ends."""
        self.check_active()
        given = [value for key, value in context.invocation_metadata() if key == _TOKEN]
        if not given:
            raise Refusal("no authentication token (try logging in)", "UNAUTHENTICATED")
        if len(given) > 1:
            raise Refusal("multiple authentication token keys found in context")
        user, until = self._tokens.get(_hash(given[0]), (None, None))
        if user is None:
            text = "provided auth token is corrupted or has expired (try logging in again)"
            raise Refusal(text, "UNAUTHENTICATED")
        if until is not None and time.time() > until:
            raise Refusal("token expiration is in the past", "INTERNAL")
        return user, until

    def admit(self, context: Any) -> None:
        """Refuse a caller without a token."""
        if self.is_active:
            self.user(context)

    # --- roles ----------------------------------------------------------------------------------

    def own(self, place: str, context: Any, role: str) -> None:
        """Bind a role to whoever has made something."""
        if self.is_active:
            with self._lock:
                self._bindings.setdefault(place, {self.user(context)[0]: [role]})
                self._save()

    def forget(self, place: str) -> None:
        """Forget the roles of what was deleted."""
        if self.is_active:
            with self._lock:
                self._bindings.pop(place, None)
                self._save()

    def bind(self, place: str, user: str, roles: Iterable[str]) -> None:
        """Bind roles to a user, in the place of those that were."""
        given = list(roles)
        for role in given:
            if role not in _ROLES:
                raise Refusal(f'unknown role "{role}"')
        if user != _EVERYBODY and ":" not in user:
            raise Refusal("subject has no prefix, must be of the form <type>:<name>")
        with self._lock:
            if place not in self._bindings:
                raise Refusal(f"no role binding exists for {place}")
            self._bindings[place].pop(user, None)
            if given:
                self._bindings[place][user] = given
            self._save()

    def bindings(self, place: str) -> dict[str, list[str]]:
        """Give the roles that are bound to a place, by user."""
        return self._bindings.get(place, {})

    def roles(self, user: str, place: str) -> list[str]:
        """Name the roles that a user has at a place, those of what it lies in too."""
        held = {role for each in _around(place) for role in self._held(user, each)}
        return sorted(held)

    def _held(self, user: str, place: str) -> list[str]:
        binding = self.bindings(place)
        return [*binding.get(user, ()), *binding.get(_EVERYBODY, ())]

    def repo_info(self, context: Any, repo: Repo) -> tuple[list[str], list[str]]:
        """Give the permissions that the caller has on a repo, and the roles that grant some."""
        user, _ = self.user(context)
        place = repo_place(repo)
        roles = [role for role in self.roles(user, place) if "REPO_READ" in _ROLES[role]]
        return sorted(frozenset[str]().union(*(_ROLES[role] for role in roles)) & _REPO_OWNER), roles

    def permissions(self, user: str, place: str) -> frozenset[str]:
        """Give the permissions that a user has at a place."""
        return frozenset[str]().union(*(_ROLES[role] for role in self.roles(user, place)))

    def missing(self, user: str, place: str, permissions: Iterable[str]) -> set[str]:
        """Give the permissions that a user has not; roles of a place that is not there are an error."""
        left = set(permissions)
        for each in _around(place):
            if each not in self._bindings:
                raise Refusal(f"no role binding exists for {each}")
            left -= self.permissions(user, each)
            if not left:
                break
        return left

    def may(self, context: Any, place: str, *permissions: str) -> bool:
        """Tell whether the caller has permissions; nobody has any at what is not there, but admins."""
        if not self.is_active:
            return True
        return not set(permissions) - self.permissions(self.user(context)[0], place)

    def check(self, context: Any, repo: Repo, *permissions: str) -> None:
        """Refuse a caller without the permissions on a repo."""
        self.check_at(context, repo_place(repo), *permissions)

    def check_at(self, context: Any, place: str, *permissions: str) -> None:
        """Refuse a caller without the permissions."""
        if not self.is_active:
            return
        user, _ = self.user(context)
        if self.missing(user, place, permissions):
            needs = f"needs permissions [{' '.join(permissions)}] on {place}"
            hint = "Run `pachctl auth roles-for-permission` to find roles that grant a given permission."
            text = f"{user} is not authorized to perform this operation - {needs}. {hint}"
            raise Refusal(text, "PERMISSION_DENIED")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _around(place: str) -> Iterator[str]:
    """Give what a place lies in, from the cluster on, and itself."""
    yield CLUSTER
    kind, _, name = place.partition(" ")
    if kind == "REPO":
        yield project_place(name.partition("/")[0])
    if place != CLUSTER:
        yield place
