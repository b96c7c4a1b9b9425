"""What the profile extended makes of files and repos that S3 clients have not written."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from s3gw.context import Context
from s3gw.generated.routes import PROFILES
from s3gw.http.application import Application
from s3gw.http.layout import Response
from s3gw.http.request import Request
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import OWN_REPO, Branch, Put

BRANCH = Branch("images", "master")


@pytest.fixture
def pfs(tmp_path) -> Iterator[EmbeddedPFS]:
    opened = EmbeddedPFS(tmp_path, "process")
    opened.create_branch(BRANCH)
    yield opened
    opened.close()


def ask(pfs: EmbeddedPFS, method: str, target: str, profile: str = "extended", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Application(Context(pfs), profile).answer(Request(method, target, named, io.BytesIO()))


def write(pfs: EmbeddedPFS, path: str, content: bytes) -> None:
    with pfs.stage(BRANCH, path) as staging:
        staging.write(content)
        pfs.change(BRANCH, [Put(path, staging.finish())])


def content(response: Response) -> bytes:
    assert response.status == 200, response
    assert response.body is not None
    return response.body if isinstance(response.body, bytes) else b"".join(response.body)


def paths(pfs: EmbeddedPFS) -> list[str]:
    return [file.path for file in pfs.snapshot(BRANCH).list_files().files]


def test_a_file_that_no_key_has_is_read_and_deleted_by_its_path(pfs):
    write(pfs, "notes.txt~", b"old")
    assert content(ask(pfs, "GET", "/images/notes.txt~")) == b"old"
    assert ask(pfs, "HEAD", "/images/notes.txt~").status == 200
    assert ask(pfs, "DELETE", "/images/notes.txt~", if_match='"nothing"').status == 412
    assert paths(pfs) == ["notes.txt~"]
    assert ask(pfs, "DELETE", "/images/notes.txt~", if_match="*").status == 204
    assert paths(pfs) == []


def test_the_file_of_the_key_comes_before_one_of_that_path(pfs):
    write(pfs, "a~b", b"by others")
    put = Application(Context(pfs), "extended").answer(
        Request("PUT", "/images/a~b", {"content-length": "2"}, io.BytesIO(b"s3"))
    )
    assert put.status == 200
    assert paths(pfs) == ["a~0b", "a~b"]
    assert content(ask(pfs, "GET", "/images/a~b")) == b"s3"
    assert ask(pfs, "DELETE", "/images/a~b").status == 204
    assert paths(pfs) == []


def test_the_path_of_a_key_is_none_by_itself(pfs):
    write(pfs, "a'~2", b"the key a(")
    assert content(ask(pfs, "GET", "/images/a(")) == b"the key a("
    assert ask(pfs, "GET", "/images/a'~2").status == 404
    assert ask(pfs, "DELETE", "/images/a'~2").status == 204
    assert paths(pfs) == ["a'~2"]
    assert content(ask(pfs, "GET", "/master.images/a'~2", "classic")) == b"the key a("


@pytest.mark.parametrize("profile", PROFILES)
def test_the_gateways_own_repo_is_no_bucket(pfs, profile):
    pfs.create_branch(Branch(OWN_REPO, "uploads"))
    assert OWN_REPO.encode() not in content(ask(pfs, "GET", "/", profile))
    assert ask(pfs, "GET", f"/uploads.{OWN_REPO}/a", profile).status == 404
    assert ask(pfs, "HEAD", f"/uploads.{OWN_REPO}", profile).status == 404
    assert ask(pfs, "PUT", f"/uploads.{OWN_REPO}", profile).status == 400
    assert ask(pfs, "DELETE", f"/uploads.{OWN_REPO}", profile).status == 404
