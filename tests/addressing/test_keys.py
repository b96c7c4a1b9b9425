"""The code of keys: by a table, and by what must hold of any two keys."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from s3gw.addressing.keys import CODED, EXACT
from s3gw.pfs.interface import InvalidPath
from s3gw.pfs.paths import is_path

CODES = [
    ("plain/key-1_2.txt", "plain/key-1_2.txt"),
    ("a b", "a b"),
    ("x~y", "x~0y"),
    ("~", "~0"),
    ("a!", "a ~2"),
    ("a(b)", "a'~2b'~3"),
    ("*+", "'~4'~5"),
    ("?@", ">~2>~3"),
    ("[x]^", r"Z~2x\~2\~3"),
    ("{a}", "z~2a|~2"),
    ("part=é", "part=~1C3~1A9"),
    ("\x7f", "~17F"),
    ("\udcff", "~1FF"),
    ("日", "~1E6~197~1A5"),
    ("ends/", "ends.~2"),
    ("a/b/", "a/b.~2"),
    ("(/", "'~2.~2"),
    ("a./", "a..~2"),
    ("...", "..."),
    ("a/...", "a/..."),
    (".a", ".a"),
    ("~2", "~02"),
    (".~2", ".~02"),
    ("%2F", "%2F"),
]


@pytest.mark.parametrize(("key", "path"), CODES)
def test_a_key_has_its_path_and_the_path_its_key(key, path):
    assert CODED.is_key(key)
    assert CODED.path(key) == path
    assert CODED.key(path) == key
    assert CODED.paths(key)[0] == path
    assert is_path(path)


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        ("", "empty"),
        ("/", "begins with a slash"),
        ("//", "begins with a slash"),
        ("/a", "begins with a slash"),
        ("/é", "begins with a slash"),
        ("a//", "empty element"),
        ("a//b", "empty element"),
        (".", r"'\.'"),
        ("./a", r"'\.'"),
        ("./", r"'\.'"),
        ("a/..", r"'\.\.'"),
        ("../", r"'\.\.'"),
        ("é/../b", r"'\.\.'"),
        ("a\x00b", r"\\x00.* control character"),
        ("é\n", r"\\n.* control character"),
        ("\x1f/", r"\\x1f.* control character"),
    ],
)
def test_what_is_no_key_is_refused_by_name(key, fault):
    assert not CODED.is_key(key)
    with pytest.raises(InvalidPath, match=fault):
        CODED.path(key)
    assert CODED.paths(key) == (key,)
    assert not is_path(key)


@pytest.mark.parametrize(
    "path",
    ["a~b", "notes.txt~", "a~", "~", "~3", "a~2", "x~2", "(~2"[1:], "a~1", "a~1c3", "a~141", "a.~2b", "a.~2/b", ".~2",
     "a/.~2", "..~2", "...~2", "'~1", "'~6", "z~3", "x~0y/b~c"],
)  # fmt: skip
def test_a_path_that_no_key_has_is_its_own_key(path):
    assert CODED.key(path) == path
    assert list(CODED.paths(path)) == [CODED.path(path), path]


def test_a_directory_has_the_prefix_that_it_is():
    assert [CODED.key(path) for path in ("a/", "x'~2/", "x~y/")] == ["a/", "x(/", "x~y/"]


def test_in_classic_a_key_is_a_path():
    for key in ("a/b", "a(", "a/", "~"):
        assert (EXACT.path(key), EXACT.key(key), tuple(EXACT.paths(key))) == (key, key, (key,))
        assert not EXACT.is_marker(key)
    assert EXACT.is_key("a")
    assert not EXACT.is_key("a(")


# Every character that is coded, or is part of a code, or lies beside one, or is none of these.
ALPHABET = "\x7fé\udcff日!\"()*+?@[]^{}| '>Z\\z.,-/~~~0125AFXab&:;<=`"
PAIRS = 300_000


def raw(key: str) -> bytes:
    return key.encode("utf-8", "surrogateescape")


@pytest.fixture(scope="module")
def keys() -> list[tuple[bytes, str, str]]:
    """Random keys: bytes, key and path; few and short, so that many begin alike."""
    chance = random.Random(11)
    made: set[str] = set()
    while len(made) < 60_000:
        key = "".join(chance.choices(ALPHABET, k=chance.randint(1, 4)))
        made |= {key} if CODED.is_key(key) else set()
    return [(raw(key), key, CODED.path(key)) for key in sorted(made)]


def test_every_key_comes_back_from_a_path_that_pfs_accepts(keys):
    for data, _, path in keys:
        assert is_path(path)
        assert raw(CODED.key(path)) == data


def test_the_order_of_keys_is_that_of_their_paths(keys):
    chance = random.Random(12)
    for _ in range(PAIRS):
        (one, _, path), (other, _, its_path) = chance.choice(keys), chance.choice(keys)
        assert (one < other, one == other) == (path < its_path, path == its_path)
    neighbours = sorted(keys)
    assert [path for _, _, path in neighbours] == sorted(path for _, _, path in keys)


def test_what_is_behind_a_marker_is_behind_its_code(keys):
    chance = random.Random(13)
    for _ in range(PAIRS // 3):
        data, _, path = chance.choice(keys)
        marker = "".join(chance.choices(ALPHABET + "\x00\x1f", k=chance.randint(0, 4)))
        assert (data > raw(marker)) == (path > CODED.after(marker)), (path, marker)


def test_what_begins_with_a_prefix_begins_with_its_code(keys):
    chance = random.Random(14)
    for _ in range(PAIRS // 3):
        data, key, path = chance.choice(keys)
        prefix = key[: chance.randint(0, len(key))]
        assert path.startswith(CODED.prefix(prefix)) or (key == prefix and key.endswith("/"))
        assert data.startswith(raw(prefix))


def test_any_text_is_a_marker_and_a_prefix():
    for text in ("", "\ud800", "\udfff~", "/", "//", "..", "\x00", "a" * 10_000, "é" * 10_000):
        assert CODED.after(text) <= CODED.prefix(text)


def test_the_page_about_keys_tells_the_code():
    page = (Path(__file__).parents[2] / "docs" / "keys.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| .* \| `([^`]+)` \| `([^`]+)` \|$", page, re.MULTILINE)
    assert len(rows) > 8
    for key, path in rows:
        assert CODED.path(key) == path.replace("\\|", "|")
