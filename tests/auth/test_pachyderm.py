"""What is asked of pachd about a token, and how often."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from s3gw.auth.authority import Credentials
from s3gw.auth.identity import Identity
from s3gw.auth.pachyderm import Pachyderm
from s3gw.cli import main
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import NotAuthenticated, Unavailable
from s3gw.s3_error import S3Error


class Cluster(EmbeddedPFS):
    """A PFS that knows the tokens of users, and counts what it is asked."""

    def __init__(self, folder) -> None:
        super().__init__(folder, "process")
        self.asked: list[str] = []
        self.users: dict[str, str | Exception | None] = {"token-of-ann": "robot:ann"}

    def user_of(self, token: str) -> str | None:
        self.asked.append(token)
        user = self.users.get(token, NotAuthenticated("bad"))
        if isinstance(user, Exception):
            raise user
        return user


@pytest.fixture
def cluster(tmp_path) -> Iterator[Cluster]:
    opened = Cluster(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The time of the authority, as a list of one."""
    now = [1000.0]
    monkeypatch.setattr("s3gw.auth.pachyderm.time.monotonic", lambda: now[0])
    return now


def confirm(authority: Pachyderm, token: str) -> Identity:
    credentials = authority.credentials(token)
    assert credentials is not None
    return authority.confirm(credentials)


def test_a_token_is_its_own_secret_and_in_no_text(cluster):
    authority = Pachyderm(cluster)
    credentials = authority.credentials("token-of-ann")
    assert isinstance(credentials, Credentials)
    assert credentials.secret == "token-of-ann"
    identity = authority.confirm(credentials)
    assert (identity.name, identity.token, identity.grants) == ("robot:ann", "token-of-ann", None)
    assert "token-of-ann" not in repr((credentials, identity))
    assert authority.keys_are_secret


@pytest.mark.parametrize("key", ["", "with space", "line\nbreak", "\u00e4", "x" * 513, "nul\0"])
def test_what_cannot_be_a_token_is_asked_nowhere(cluster, key):
    assert Pachyderm(cluster).credentials(key) is None
    assert cluster.asked == []


def test_pachd_is_asked_once_in_a_while(cluster, clock):
    authority = Pachyderm(cluster)
    for _ in range(3):
        confirm(authority, "token-of-ann")
    assert cluster.asked == ["token-of-ann"]
    clock[0] += 61
    cluster.users["token-of-ann"] = NotAuthenticated("taken back")
    with pytest.raises(S3Error) as raised:
        confirm(authority, "token-of-ann")
    assert raised.value.kind.code == "AccessDenied"
    assert len(cluster.asked) == 2


def test_wrong_tokens_are_asked_for_less_often_than_they_come(cluster, clock):
    authority = Pachyderm(cluster)
    for _ in range(3):
        with pytest.raises(S3Error):
            confirm(authority, "wrong")
    assert cluster.asked == ["wrong"]
    cluster.users["wrong"] = "robot:new"
    clock[0] += 11
    assert confirm(authority, "wrong").name == "robot:new"


def test_pachd_that_is_away_is_no_refusal(cluster, clock):
    authority = Pachyderm(cluster)
    confirm(authority, "token-of-ann")
    cluster.users = {name: Unavailable("gone") for name in ("token-of-ann", "other")}
    assert confirm(authority, "token-of-ann").name == "robot:ann"
    for _ in range(2):
        with pytest.raises(Unavailable):
            confirm(authority, "other")
    cluster.users["other"] = "robot:other"
    assert confirm(authority, "other").name == "robot:other"


def test_what_is_known_is_bounded(cluster, clock, monkeypatch):
    monkeypatch.setattr("s3gw.auth.pachyderm._MOST", 2)
    authority = Pachyderm(cluster)
    cluster.users = {name: f"robot:{name}" for name in "abc"}
    for name in "abcca":
        confirm(authority, name)
    assert cluster.asked == ["a", "b", "c", "a"]


def test_where_auth_is_off_any_key_will_do_and_a_line_says_so(cluster, caplog):
    cluster.users = dict.fromkeys(("any", "other"))
    authority = Pachyderm(cluster)
    with caplog.at_level(logging.WARNING):
        identities = {confirm(authority, key) for key in ("any", "other", "any")}
    (identity,) = identities
    assert (identity.token, identity.grants, identity.is_anonymous) == (None, None, False)
    assert len(caplog.messages) == 1
    assert "auth is not activated" in caplog.messages[0]


def test_whoever_has_no_token_has_no_rights(cluster):
    anonymous = Pachyderm(cluster).anonymous
    assert anonymous.is_anonymous
    assert not anonymous.may("read", "master.images", "a")
    assert not anonymous.has("list")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--pfs", "embedded:x", "--profile", "extended"], "An embedded PFS knows no users"),
        (["--pfs", "grpc://x:1"], "add --profile extended"),
        (
            ["--pfs", "grpc://x:1", "--profile", "extended", "--properties-repo", "kept"],
            "give it a PACH_TOKEN",
        ),
    ],
)
def test_what_does_not_go_with_users_is_one_clear_line(words, said, capsys, monkeypatch):
    monkeypatch.delenv("PACH_TOKEN", raising=False)
    assert main(["serve", "--auth", "pachyderm", *words]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
