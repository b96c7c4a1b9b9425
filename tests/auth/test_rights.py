"""What a grant reaches, and what it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s3gw.auth.identity import Grant, Identity


def identity(
    *prefixes: str, buckets: tuple[str, ...] = ("master.images",), rights: str = "read list"
) -> Identity:
    return Identity("somebody", (Grant(frozenset(rights.split()), buckets, prefixes),))


@pytest.mark.parametrize(
    ("pattern", "bucket", "is_on"),
    [
        ("master.images", "master.images", True),
        ("master.images", "master.image", False),
        ("master.images", "master.images2", False),
        ("master.images", "master.images.team", False),
        ("master.images", "Master.images", False),
        ("master.*", "master.images", True),
        ("master.*", "masters.images", False),
        ("master.*", "master.images.team", False),  # another project's
        ("master.*.team", "master.images.team", True),
        ("master.*.team", "master.team", False),
        ("*.images", "master.images", True),
        ("*.images", "dev.repo.images", False),  # a project of that name
        ("*.*", "master.images.team", False),
        ("*.*.*", "master.images", False),
        ("m*r.i*s", "master.images", True),
        ("m*r.i*s", "mr.is", True),
        ("m*r.i*s", "mast.images", False),
        ("*", "master.images", True),
        ("*", "master.images.team", True),
        ("team-*", "team-a.images", True),
        ("team-*", "team.images", False),
        ("*", "no bucket of this world!", True),
    ],
)  # fmt: skip
def test_a_pattern_is_on_a_bucket(pattern, bucket, is_on):
    somebody = identity(buckets=(pattern,))
    assert somebody.may_somewhere("read", bucket) is is_on
    assert somebody.may("read", bucket, "key") is is_on
    assert somebody.may_below("read", bucket, "") is is_on
    assert not somebody.may_somewhere("write", bucket)


@pytest.mark.parametrize(
    ("prefix", "key", "may"),
    [
        ("a", "a", True),
        ("a", "a/", True),
        ("a", "a/b", True),
        ("a", "ab", False),
        ("a", "ab/c", False),
        ("a", "A", False),
        ("a", "", False),
        ("a", "b/a", False),
        ("a", "/a", False),
        ("a/", "a/b", True),
        ("a/", "a/", True),
        ("a/", "a", False),
        ("a/", "ab", False),
        ("a/b", "a/b", True),
        ("a/b", "a/bc", False),
        ("a/b", "a", False),
        ("a/b", "a/", False),
        ("/", "/a", True),
        ("/", "a", False),
        ("a", "a%2Fb", False),
        ("\u00e4", "\u00e4/b", True),
        ("\u00e4", "a\u0308/b", False),
    ],
)
def test_a_prefix_reaches_a_key(prefix, key, may):
    assert identity(prefix).may("read", "master.images", key) is may


@pytest.mark.parametrize(
    ("prefixes", "asked", "may"),
    [
        ((), "", True),
        ((), "a", True),
        (("a/",), "", False),
        (("a/",), "a", False),
        (("a/",), "a/", True),
        (("a/",), "a/b", True),
        (("a",), "a", False),  # it would show ab
        (("a",), "a/", True),
        (("a", "ab"), "a", False),
        (("a/", "b/"), "b/", True),
        (("a/", "b/"), "", False),
    ],
)
def test_a_list_needs_all_that_begins_with_its_prefix(prefixes, asked, may):
    assert identity(*prefixes).may_below("list", "master.images", asked) is may


def test_grants_add_up_and_each_keeps_its_own_rights():
    both = Identity(
        "somebody",
        (
            Grant(frozenset(("read",)), ("master.*",), ("a/",)),
            Grant(frozenset(("write",)), ("*.images",), ("b/",)),
            Grant(frozenset(("read",)), ("master.logs",)),
        ),
    )
    assert both.may("read", "master.images", "a/1")
    assert not both.may("read", "master.images", "b/1")
    assert both.may("write", "dev.images", "b/1")
    assert not both.may("write", "master.logs", "b/1")
    assert both.may_below("read", "master.logs", "")
    assert not both.may_below("read", "master.images", "")
    assert both.has("read")
    assert not both.has("delete")


def test_nothing_is_given_unless_it_is():
    nobody = Identity("nobody")
    assert not nobody.may("read", "master.images", "a")
    assert not nobody.may_below("list", "master.images", "a")
    assert not nobody.may_somewhere("read", "master.images")
    assert not nobody.has("read")


def test_where_pfs_decides_nobody_else_does():
    theirs = Identity("token", None)
    assert theirs.may("read", "x" * 1000, "a")
    assert theirs.may_below("delete", "master.images", "")
    assert theirs.has("create")


def test_names_that_no_bucket_has_are_kept_nowhere():
    assert not identity(buckets=("*",)).may_somewhere("read", "x" * 256)


texts = st.text("ab/", max_size=5)


@given(st.lists(texts.filter(bool), min_size=1, max_size=3), texts, texts)
def test_a_listing_shows_only_keys_that_are_given(prefixes, asked, rest):
    somebody = identity(*prefixes)

    def is_given(key: str) -> bool:
        return any(
            key == own or (key.startswith(own.removesuffix("/") + "/") and key.startswith(own))
            for own in prefixes
        )

    key = asked + rest
    assert somebody.may("read", "master.images", key) == is_given(key)
    if somebody.may_below("list", "master.images", asked):
        assert is_given(key)


@given(st.lists(texts.filter(bool), min_size=1, max_size=3), texts)
def test_a_listing_is_refused_only_where_it_could_show_more(prefixes, asked):
    somebody = identity(*prefixes)
    if not somebody.may_below("list", "master.images", asked):
        others = [asked + rest for rest in ("z", "/z", "az", "bz")]
        assert not all(somebody.may("list", "master.images", key) for key in others)


@given(st.text("ab*.", max_size=6), st.text("ab.", max_size=6))
def test_patterns_are_what_they_say(pattern, bucket):
    def matches(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            rest = pattern[1:]
            return matches(rest, text) or (
                bool(text) and (is_whole or text[0] != ".") and matches(pattern, text[1:])
            )
        return bool(text) and text[0] == pattern[0] and matches(pattern[1:], text[1:])

    is_whole = "." not in pattern
    assert identity(buckets=(pattern,)).may_somewhere("read", bucket) == matches(pattern, bucket)
