"""Globs, listings and pages, on one commit."""

from __future__ import annotations

import hashlib

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from tests.devpachd.conftest import at, refused

FILES = {
    "/a": b"a",
    "/b/1": b"1",
    "/b/2": b"22",
    "/b/c/x.txt": b"x",
    "/b/c/y.dat": b"y",
    "/b-1": b"-",
    "/d.1/e/f/g": b"g",
    "/empty": b"",
    "/z z": b"zz",
}
ALL = [
    "/", "/a", "/b-1", "/b/", "/b/1", "/b/2", "/b/c/", "/b/c/x.txt", "/b/c/y.dat", "/d.1/", "/d.1/e/",
    "/d.1/e/f/", "/d.1/e/f/g", "/empty", "/z z",
]  # fmt: skip


@pytest.fixture(scope="module")
def head(pachd):
    repo = pachd.new_repo()
    pachd.put(at(repo), FILES)
    return at(repo)


GLOBS = [
    ("/", ["/"]),
    ("", ["/"]),
    ("/*", ["/a", "/b-1", "/b/", "/d.1/", "/empty", "/z z"]),
    ("*", ["/a", "/b-1", "/b/", "/d.1/", "/empty", "/z z"]),
    ("/**", ALL[1:]),
    ("**", ALL[1:]),
    ("/b", ["/b/"]),
    ("/b/", ["/b/"]),
    ("b//", ["/b/"]),
    ("/b*", ["/b-1", "/b/"]),
    ("/b**", ["/b-1", "/b/", "/b/1", "/b/2", "/b/c/", "/b/c/x.txt", "/b/c/y.dat"]),
    ("/b/**", ["/b/1", "/b/2", "/b/c/", "/b/c/x.txt", "/b/c/y.dat"]),
    ("/b/*", ["/b/1", "/b/2", "/b/c/"]),
    ("/*/*", ["/b/1", "/b/2", "/b/c/", "/d.1/e/"]),
    ("/?", ["/a", "/b/"]),
    ("/b?1", ["/b-1"]),
    ("/b/[12]", ["/b/1", "/b/2"]),
    ("/b/[!1]", ["/b/2", "/b/c/"]),
    ("/b/[^1]", ["/b/2", "/b/c/"]),
    ("/b/[0-9]", ["/b/1", "/b/2"]),
    ("/b/[[:digit:]]", ["/b/1", "/b/2"]),
    ("/{a,b/1}", ["/a", "/b/1"]),
    ("/{b/{1,2},a}", ["/a", "/b/1", "/b/2"]),
    ("/b/c/*.{txt,dat}", ["/b/c/x.txt", "/b/c/y.dat"]),
    ("/b/@(1|2)", ["/b/1", "/b/2"]),
    ("/b/(1|2)", ["/b/1", "/b/2"]),
    ("/b/+(1|2)", ["/b/1", "/b/2"]),
    ("/b/?(1)", ["/b/1"]),
    ("/b/*(1)", ["/b/1"]),
    ("/b/!(1)", ["/b/2", "/b/c/"]),
    ("/b/c/!(x).*", ["/b/c/y.dat"]),
    ("/b/c/!(x.txt|q)", ["/b/c/y.dat"]),
    ("/!(a|b)", ["/b-1", "/d.1/", "/empty", "/z z"]),
    ("/d.1/**g", ["/d.1/e/f/g"]),
    ("/z z", ["/z z"]),
    ("/z\\ z", []),
    ("/b/c/x\\.txt", []),
    ("/*/c/x\\.txt", ["/b/c/x.txt"]),
    ("/missing*", []),
    ("/B", []),
]


@pytest.mark.parametrize(("pattern", "paths"), GLOBS)
def test_a_glob_gives(pachd, head, pattern, paths):
    assert pachd.glob(head, pattern) == paths


RANGES = [
    ("/**", "", "", ALL[1:]),
    ("/**", "/b/1", "", ["/b/1", "/b/2", "/b/c/", "/b/c/x.txt", "/b/c/y.dat", *ALL[9:]]),
    ("/**", "/b/1\0", "/b/c/y.dat", ["/b/2", "/b/c/", "/b/c/x.txt"]),
    ("/**", "/b/", "/b/2", ["/b/", "/b/1"]),
    ("/**", "", "/b/c/", ["/a", "/b-1", "/b/", "/b/1", "/b/2"]),
    ("/**", "/b/c/x.txt", "/d.1/e/f/g", ["/b/c/x.txt", "/b/c/y.dat", "/d.1/", "/d.1/e/", "/d.1/e/f/"]),
    ("/b**", "/b/2", "/b\x7f", ["/b/2", "/b/c/", "/b/c/x.txt", "/b/c/y.dat"]),
    ("/*", "/b\x7f", "", ["/d.1/", "/empty", "/z z"]),
    ("/b/c/x\\.txt", "/b", "/c", ["/b/c/x.txt"]),
]


@pytest.mark.parametrize(("pattern", "lower", "upper", "paths"), RANGES)
def test_a_glob_within_limits_gives(pachd, head, pattern, lower, upper, paths):
    assert pachd.glob(head, pattern, (lower, upper)) == paths


BAD_GLOBS = [("/[a", "unexpected end of input"), ("/^(a)", "unimplemented quatifier ^")]


@pytest.mark.parametrize(("pattern", "text"), BAD_GLOBS)
def test_a_glob_is_refused(pachd, head, pattern, text):
    with refused("UNKNOWN", text):
        pachd.glob(head, pattern)


LISTS = [
    ("ListFile", "/", {}, ["/a", "/b-1", "/b/", "/d.1/", "/empty", "/z z"]),
    ("ListFile", "", {}, ["/a", "/b-1", "/b/", "/d.1/", "/empty", "/z z"]),
    ("ListFile", "b", {}, ["/b/1", "/b/2", "/b/c/"]),
    ("ListFile", "/b/", {}, ["/b/1", "/b/2", "/b/c/"]),
    ("ListFile", "//b//c", {}, ["/b/c/x.txt", "/b/c/y.dat"]),
    ("ListFile", "/a", {}, ["/a"]),
    ("ListFile", "/a/", {}, ["/a"]),
    ("ListFile", "/missing", {}, []),
    ("ListFile", "/*", {}, []),
    ("ListFile", "/", {"number": 2}, ["/a", "/b-1"]),
    ("ListFile", "/", {"marker": "/b-1"}, ["/b/", "/d.1/", "/empty", "/z z"]),
    ("ListFile", "/", {"marker": "/b-1", "number": 1}, ["/b/"]),
    ("ListFile", "/", {"marker": "/b/"}, ["/d.1/", "/empty", "/z z"]),
    ("ListFile", "/", {"marker": "/b/\x7f"}, ["/d.1/", "/empty", "/z z"]),
    ("ListFile", "/", {"marker": "/b"}, ["/b-1", "/d.1/", "/empty", "/z z"]),
    ("ListFile", "/", {"marker": "/b/1"}, ["/d.1/", "/empty", "/z z"]),
    ("ListFile", "/", {"marker": "b/"}, []),
    ("ListFile", "/", {"marker": "/zz"}, []),
    ("ListFile", "/", {"number": 2, "reverse": True}, ["/z z", "/empty"]),
    ("ListFile", "/", {"marker": "/d.1/", "number": 2, "reverse": True}, ["/b/", "/b-1"]),
    ("ListFile", "/b", {"marker": "/b/c/", "number": 9, "reverse": True}, ["/b/2", "/b/1"]),
    ("WalkFile", "/", {}, ALL),
    ("WalkFile", "", {}, ALL),
    ("WalkFile", "/b", {}, ["/b/", "/b/1", "/b/2", "/b/c/", "/b/c/x.txt", "/b/c/y.dat"]),
    ("WalkFile", "b/c/", {}, ["/b/c/", "/b/c/x.txt", "/b/c/y.dat"]),
    ("WalkFile", "/a", {}, ["/a"]),
    ("WalkFile", "/", {"number": 3}, ALL[:3]),
    ("WalkFile", "/", {"marker": "/b/1"}, ALL[5:]),
    ("WalkFile", "/", {"marker": "/b/1", "number": 2}, ["/b/2", "/b/c/"]),
    ("WalkFile", "/", {"marker": "/b/\x7f", "number": 2}, ["/d.1/", "/d.1/e/"]),
    ("WalkFile", "/", {"marker": "/"}, ALL[1:]),
    ("WalkFile", "/", {"marker": "/zz"}, []),
    ("WalkFile", "/b", {"marker": "/b/2"}, ["/b/c/", "/b/c/x.txt", "/b/c/y.dat"]),
    ("WalkFile", "/", {"number": 2, "reverse": True}, ["/z z", "/empty"]),
    ("WalkFile", "/", {"marker": "/b/2", "number": 3, "reverse": True}, ["/b/1", "/b/", "/b-1"]),
    ("WalkFile", "/", {"marker": "/b", "number": 9, "reverse": True}, ["/a", "/"]),
]


@pytest.mark.parametrize(("method", "path", "page", "paths"), LISTS)
def test_a_listing_gives(pachd, head, method, path, page, paths):
    assert pachd.listed(method, head, path, **page) == paths


BAD_PAGES = [
    ({"reverse": True}, "number must be > 0 when reverse is true"),
    ({"number": 100001}, "cannot return more than 100000 files at a time"),
]


@pytest.mark.parametrize("method", ["ListFile", "WalkFile"])
@pytest.mark.parametrize(("page", "text"), BAD_PAGES)
def test_a_page_is_refused(pachd, head, method, page, text):
    with refused("UNKNOWN", text):
        pachd.listed(method, head, "/", **page)


@pytest.mark.parametrize(("path", "page"), [("/zz", {}), ("zz/", {}), ("/a", {"marker": "/a\0"})])
def test_a_walk_of_a_missing_path_is_an_error(pachd, head, path, page):
    commit = pachd.inspect(head).commit.id
    with refused("NOT_FOUND", f"commit/{commit} does not contain item: (/{path.strip('/')})"):
        pachd.listed("WalkFile", head, path, **page)


def blake(*parts: bytes) -> bytes:
    return hashlib.blake2b(b"".join(parts), digest_size=32).digest()


def file_hash(data: bytes) -> bytes:
    return blake(blake(data)) if data else blake()


SUMS = [
    ("/a", "/a", pb.FILE, 1, file_hash(b"a")),
    ("a/", "/a", pb.FILE, 1, file_hash(b"a")),
    ("/empty", "/empty", pb.FILE, 0, blake()),
    ("/b/c", "/b/c/", pb.DIR, 2, blake(file_hash(b"x"), file_hash(b"y"))),
    (
        "/b/",
        "/b/",
        pb.DIR,
        5,
        blake(file_hash(b"1"), file_hash(b"22"), blake(file_hash(b"x"), file_hash(b"y"))),
    ),
]


@pytest.mark.parametrize(("path", "name", "kind", "size", "digest"), SUMS)
def test_a_file_or_directory_is(pachd, head, path, name, kind, size, digest):
    info = pachd.look(head, path)
    assert (info.file.path, info.file_type, info.size_bytes, info.hash) == (name, kind, size, digest)
    assert info.file.datum == ("default" if kind == pb.FILE else "")
    assert info.file.commit == pachd.inspect(head).commit
    assert info.committed == pachd.finished(head).finishing


@pytest.mark.parametrize("method", ["GlobFile", "ListFile", "WalkFile"])
def test_every_listing_has_the_sums_that_inspect_file_has(pachd, head, method):
    if method == "GlobFile":
        request = pb.GlobFileRequest(commit=head, pattern="/*")
    else:
        request = getattr(pb, f"{method}Request")(file=pb.File(commit=head, path="/"))
    for info in getattr(pachd.api, method)(request):
        assert info == pachd.look(head, info.file.path)


def test_the_root_of_an_empty_commit_is_missing_to_inspect_file_alone(pachd, repo):
    pachd.create_branch(repo)
    assert pachd.listed("WalkFile", at(repo), "/") == []
    assert pachd.listed("ListFile", at(repo), "/") == []
    assert pachd.glob(at(repo), "/") == []
    with refused("NOT_FOUND", f"file / not found in repo default/{repo.name} at commit "):
        pachd.look(at(repo), "/")


def test_a_glob_that_is_cancelled_has_not_read_all(pachd, repo):
    """The root and the folder of the first page are summed up; the rest is not looked at."""
    operations = [_small(number) for number in range(3000)]
    pachd.modify(at(repo), *operations)
    pachd.finished(at(repo))
    request = pb.GlobFileRequest(
        commit=at(repo), pattern="/**", path_range=pb.PathRange(lower="/d1/", upper="/d2")
    )
    stream = pachd.api.GlobFile(request)
    first = [next(stream).file.path for _ in range(10)]
    stream.cancel()
    assert first == ["/d1/", *(f"/d1/{number:04}" for number in range(1000, 1009))]


def _small(number: int) -> pb.ModifyFileRequest:
    path = f"/d{number // 1000}/{number:04}"
    return pb.ModifyFileRequest(add_file=pb.AddFile(path=path, raw={"value": b"x"}))
