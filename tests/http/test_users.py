"""Requests that act as users of the PFS: each sees and changes it as its own."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from s3gw.auth import gate
from s3gw.auth.authority import Credentials
from s3gw.auth.pachyderm import Pachyderm
from s3gw.auth.signatures import Signed
from s3gw.context import Context
from s3gw.http.application import Application, Unfinished
from s3gw.http.request import Request
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, Change, Delete, NotAuthorized, Put, Unavailable


class Users(EmbeddedPFS):
    """A PFS whose users are called as their tokens; the one called `away` cannot reach it."""

    def __init__(self, folder) -> None:
        super().__init__(folder, "process")
        self.made: list[tuple[str, int]] = []

    def user_of(self, token: str) -> str:
        return token

    def acting_as(self, user: str, token: str) -> User:
        return User(self, user)


class User:
    """It, as a user."""

    def __init__(self, pfs: Users, name: str) -> None:
        self._pfs = pfs
        self._name = name

    def __getattr__(self, name: str) -> object:
        return getattr(self._pfs, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, User) and other._name == self._name

    def __hash__(self) -> int:
        return hash(self._name)

    def authorize(self, branch: Branch, right: str, *, is_new: bool = False) -> None:
        if branch.repo not in ("images", self._name):
            raise NotAuthorized("no role")

    def change_all(
        self, changes: Sequence[tuple[Branch, Sequence[Put | Delete]]]
    ) -> list[Change | BaseException]:
        self._pfs.made.append((self._name, len(changes)))
        if self._name == "away":
            raise Unavailable("gone")
        return self._pfs.change_all(changes)


@pytest.fixture
def pfs(tmp_path):
    opened = Users(tmp_path)
    for repo in ("images", "bob"):
        opened.create_branch(Branch(repo, "master"))
    yield opened
    opened.close()


@pytest.fixture
def application(pfs, monkeypatch) -> Application:
    """Who asks stands in a header."""

    def verify(request, authority, now):
        token = request.headers.get("x-user")
        return None if token is None else Signed(Credentials(token, authority.anonymous))

    monkeypatch.setattr(gate, "verify", verify)
    return Application(Context(pfs), "extended", authority=Pachyderm(pfs))


def put(user: str, target: str) -> Request:
    return Request("PUT", target, {"content-length": "1", "x-user": user}, io.BytesIO(b"1"))


def test_changes_that_come_together_are_made_by_user(application, pfs):
    requests = [
        put("ann", "/images/1"),
        put("bob", "/images/2"),
        put("ann", "/images/3"),
        put("away", "/images/4"),
        put("bob", "/bob/5"),
    ]
    begun = [application.begin(request) for request in requests]
    assert all(isinstance(call, Unfinished) for call in begun)
    assert [answer.status for answer in application.finish(begun)] == [200, 200, 200, 503, 200]
    assert pfs.made == [("ann", 2), ("bob", 2), ("away", 1)]


def test_what_pfs_refuses_a_user_is_denied_and_told_to_the_log(application):
    request = put("ann", "/bob/1")
    answer = application.answer(request)
    assert answer.status == 403
    assert request.access.is_denied
    assert b"ann has no right to write here" in answer.body


def test_a_request_that_asks_pachd_first_is_answered_in_a_thread_of_its_own(tmp_path, pfs):
    pfs.is_quick = False
    for authority, lane in ((Pachyderm(pfs), None), (None, "read")):
        application = Application(Context(pfs), "extended", authority=authority)
        assert application.route(Request("PUT", "/images?accelerate", {}, io.BytesIO())) == lane
        assert application.route(Request("PUT", "/images?nonsense", {}, io.BytesIO())) == lane
