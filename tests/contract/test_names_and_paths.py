"""What PFS accepts as names and paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3gw.pfs.interface import Branch, FileNotFound, InvalidName, InvalidPath
from s3gw.pfs.paths import ancestors, check_branch, check_path, is_path

COMMIT_ID = "0123456789ab4cdef0123456789abcde"


@pytest.mark.parametrize(
    "branch",
    [
        Branch("Images_1-x", "Master_1-x"),
        Branch("r", COMMIT_ID[:-1]),
        Branch(COMMIT_ID, "b"),
        Branch("r" * 300, "b" * 300),
    ],
)
def test_names_that_pfs_accepts(pfs, branch):
    check_branch(Branch("r", "b", "p" * 51))
    assert pfs.create_branch(branch).branch == branch
    pfs.delete_branch(branch)


@pytest.mark.parametrize(
    "branch",
    [
        Branch("", "b"),
        Branch("r", ""),
        Branch("r", "b", ""),
        Branch("a.b", "b"),
        Branch("r", "a b"),
        Branch("r\n", "b"),
        Branch("ré", "b"),
        Branch("r٣", "b"),
        Branch("r/x", "b"),
        Branch("r", COMMIT_ID),
        Branch("__filesets__", "b"),
        Branch("r", "b", "-p"),
        Branch("r", "b", "p" * 52),
    ],
)
def test_names_that_pfs_refuses_are_refused_and_change_nothing(pfs, branch):
    with pytest.raises(InvalidName):
        pfs.create_branch(branch)
    listed = {entry.branch for entry in pfs.list_branches()}  # others may use the cluster meanwhile
    assert not {other for other in listed if (other.repo, other.project) == (branch.repo, branch.project)}
    with pytest.raises(InvalidName):
        check_branch(branch)


@pytest.mark.parametrize(
    "path",
    ["a", "a/b", "...", "..a", "a..", ".a/b.", " ", "a b", "%", "#&=~$'\"\\|<>,;:`", "a" * 5000],
)
def test_paths_that_pfs_accepts_hold_a_file(store, path):
    store.put(path, b"content")
    assert store.read(path) == b"content"
    assert store.paths() == [path]


REFUSED = [
    ("", "empty"),
    ("/", "begins with a slash"),
    ("/a", "begins with a slash"),
    ("a/", "ends with a slash"),
    ("a//b", "//"),
    (".", "'.'"),
    ("..", "'..'"),
    ("a/./b", "'.'"),
    ("a/..", "'..'"),
    ("é", "'\\xe9'"),
    ("a\tb", "'\\t'"),
    ("a\x00", "'\\x00'"),
    ("a\x7f", "'\\x7f'"),
    ("a\udcff", "'\\udcff'"),
    ("a\n", "'\\n'"),
    *((f"a{character}b", f"character {character}") for character in "*?[]{}!()@+^"),
]


@pytest.mark.parametrize(("path", "named"), REFUSED)
def test_paths_that_pfs_refuses_are_refused_before_the_body_and_named(store, path, named):
    with pytest.raises(InvalidPath) as refused:
        store.pfs.stage(store.branch, path)
    assert named in str(refused.value)
    with pytest.raises(InvalidPath):
        store.delete(path)
    with pytest.raises(FileNotFound):
        store.inspect(path)
    assert store.paths() == []


@given(st.text(max_size=12))
def test_a_path_is_judged_as_the_rules_say(path):
    legal = set(map(chr, range(0x20, 0x7F))) - set("*?[]{}!()@+^")
    expected = set(path) <= legal and not {"", ".", ".."} & set(path.split("/"))
    assert is_path(path) == expected
    try:
        check_path(path)
    except InvalidPath:
        assert not expected
    else:
        assert expected


def test_ancestors_are_the_directories_of_a_file():
    assert list(ancestors("a/b/c")) == ["a", "a/b"]
    assert list(ancestors("a")) == []
