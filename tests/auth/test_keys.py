"""``s3gw key``: it edits a keyring and nothing else of it."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from s3gw.auth import editing
from s3gw.auth.document import Document, KeyringError
from s3gw.auth.keyring import Keyring, parse
from s3gw.cli import main
from tests.keyring import KEYRING, SECRETS

NEW = {"name": "new", "access_key": "NEW", "secret": "new"}

COMMENTED = """\
# who may do what
account: 123456789012   # ours

identities:

  # the first
  - name: first
    access_key: FIRST   # as it was
    secret: 'it''s  one'
    may:
    - {rights: [read],
       buckets: [ "*" ]}
  # the second
  -
    access_key: SECOND
    name: second
    secret: >-
      folded
      secret

  # the third
  - access_key: "THIRD"
    name: third
    secret_env: THIRD   # of the pod

# what anybody may
anonymous: {may: []}
"""


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "keyring.yaml"
    path.write_text(COMMENTED)
    return path


def key(*words: object) -> int:
    return main(["key", *map(str, words)])


def names(data: bytes) -> list[str]:
    return [row["name"] for row in Document(data).identities]


# --- editing --------------------------------------------------------------------------------------


def test_an_identity_more_is_some_lines_more():
    edited = editing.add(COMMENTED.encode(), NEW).decode()
    lines = "  - name: new\n    access_key: NEW\n    secret: new\n"
    assert edited == COMMENTED.replace("# of the pod\n", f"# of the pod\n{lines}")


@pytest.mark.parametrize(
    ("name", "lines"),
    [("first", (6, 12)), ("second", (13, 20)), ("third", (21, 24))],
)
def test_an_identity_less_is_its_lines_less(name, lines):
    before = COMMENTED.splitlines(keepends=True)
    expected = "".join(before[: lines[0]] + before[lines[1] :])
    assert editing.remove(COMMENTED.encode(), name).decode() == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "identities:\n  NEW\n"),
        ("# mine", "# mine\nidentities:\n  NEW\n"),
        ("---\n", "---\nidentities:\n  NEW\n"),
        ("identities:", "identities:\n  NEW\n"),
        ("identities: []", "identities:\n  NEW\n"),
        ("identities: [] # none\naccount: 123456789012\n", "identities: # none\n  NEW\naccount: 123456789012\n"),
        ("identities: ~\n", "identities:\n  NEW\n"),
        ("identities:\n# none\n", "identities:\n  NEW\n# none\n"),
        ("identities:\n- {name: a, access_key: A, secret: a}", "identities:\n- {name: a, access_key: A, secret: a}\nNEW\n"),
        ("identities:\n    - name: a\n      access_key: A\n      secret: a", "identities:\n    - name: a\n      access_key: A\n      secret: a\n    NEW\n"),
        ("identities:\n- name: a\n  access_key: A\n  secret: |-\n    a\n# end", "identities:\n- name: a\n  access_key: A\n  secret: |-\n    a\nNEW\n# end\n"),
        ("identities:\r\n- name: a\r\n  access_key: A\r\n  secret: a\r\n", "identities:\r\n- name: a\r\n  access_key: A\r\n  secret: a\r\nNEW\n"),
    ],
)  # fmt: skip
def test_it_is_added_wherever_identities_can_stand(before, after):
    edited = editing.add(before.encode(), NEW).decode()
    indent = next(line for line in after.split("\n") if "NEW" in line).partition("NEW")[0]
    lines = f"- name: new\n{indent}  access_key: NEW\n{indent}  secret: new"
    assert edited == after.replace("NEW", lines)


@pytest.mark.parametrize("text", ["{identities: []}", "identities: [{name: a, access_key: A, secret: a}]"])
def test_what_is_written_otherwise_is_left_to_people(text):
    with pytest.raises(KeyringError):
        editing.add(text.encode(), NEW)


@pytest.mark.parametrize("behind", ["", "\nanonymous: {may: []}\n"])
def test_identities_on_one_line_are_said_to_be_left_to_people(behind):
    text = f"identities: [{{name: a, access_key: A, secret: a}}]{behind}".encode()
    for edit in (lambda: editing.add(text, NEW), lambda: editing.remove(text, "a")):
        with pytest.raises(KeyringError, match="on lines of its own"):
            edit()


def test_added_and_removed_is_as_before():
    edited = COMMENTED.encode()
    for number in range(3):
        edited = editing.add(edited, {**NEW, "name": f"n{number}", "access_key": f"N{number}"})
    for number in (1, 0, 2):
        edited = editing.remove(edited, f"n{number}")
    assert edited == COMMENTED.encode()
    for name in names(edited):
        edited = editing.remove(edited, name)
    assert names(edited) == []
    assert names(editing.add(edited, NEW)) == ["new"]


@pytest.mark.parametrize(
    "value", ["~", "null", "a b", " a", "a: b", "#", "\u00e4", "'", '"', "\\", "- a", "a\tb", "*", "%"]
)
def test_every_value_is_read_as_it_was_given(value):
    grant = {"rights": ["read"], "buckets": ["*"], "prefixes": [f"{value}/"]}
    edited = editing.add(b"", {**NEW, "secret": value, "may": [grant]})
    found = parse(edited, Path(), {}).credentials["NEW"]
    assert found.secret == value
    assert found.identity.may("read", "master.images", f"{value}/x")


# --- the commands ---------------------------------------------------------------------------------


def test_add_makes_a_key_and_shows_its_secret_once(tmp_path, capsys):
    path = tmp_path / "keyring.yaml"
    grants = (
        "--rights",
        "read,list",
        "--buckets",
        "master.*",
        "--prefixes",
        "a/,b",
        "--rights",
        "write",
        "--buckets",
        "master.in",
    )
    assert key("add", "ci", "--keyring", path, "--format", "json", *grants) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], len(told["access_key"]), told["access_key"][:4], len(told["secret"])) == (
        "ci",
        20,
        "AKIA",
        40,
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = Keyring(path).credentials(told["access_key"])
    assert found is not None
    assert found.secret == told["secret"]
    assert found.identity.may("read", "master.images", "a/1")
    assert not found.identity.may("write", "master.images", "a/1")
    assert found.identity.may_below("write", "master.in", "")
    assert key("list", "--keyring", path) == 0
    shown = capsys.readouterr().out
    assert shown == f"ci  {told['access_key']}  read,list on master.* below a/,b; write on master.in\n"
    assert key("remove", "ci", "--keyring", path) == 0
    assert Keyring(path).count == 0


def test_list_shows_no_secret(tmp_path, capsys):
    path = tmp_path / "keyring.yaml"
    path.write_text(KEYRING)
    for form in ("text", "json"):
        assert key("list", "--keyring", path, "--format", form) == 0
        shown = capsys.readouterr().out
        assert not [secret for secret in SECRETS.values() if secret in shown]
        assert all(name in shown for name in (*SECRETS, "anonymous"))
    assert json.loads(shown)[1] == {
        "name": "reader",
        "access_key": "READER",
        "may": [{"rights": ["read", "list"], "buckets": ["*"]}],
    }


def test_the_keyring_is_named_by_the_environment_too(file, monkeypatch, capsys):
    monkeypatch.setenv("S3GW_AUTH", str(file))
    assert (
        key(
            "add",
            "new",
            "--access-key",
            "NEW",
            "--secret-file",
            "new.secret",
            "--expires",
            "2030-12-31T23:59:59Z",
        )
        == 0
    )
    assert capsys.readouterr().out == "name        new\naccess key  NEW\n"
    assert key("list") == 0
    assert "new     NEW     nothing until 2030-12-31T23:59:59Z\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "first"), "there is an identity first: choose another name, or remove it first"),
        (("add", "new", "--access-key", "FIRST"), "another identity has this access key: choose another one"),
        (("add", "a b"), "identities[0].name: write 1 to 64 letters"),
        (("add", "new", "--access-key", "a/b"), "access_key: write 1 to 128 letters"),
        (("add", "new", "--rights", "reed", "--buckets", "*"), "write one of read, list, write, delete, create"),
        (("add", "new", "--rights", "read", "--buckets", "images"), "write branch.repo (master.repo for repo)"),
        (("add", "new", "--rights", "read", "--buckets", "*", "--prefixes", ""), "write the beginning of keys"),
        (("add", "new", "--rights", "read"), "write both --rights, what it may, and --buckets, where"),
        (("add", "new", "--prefixes", "a/"), "write both --rights, what it may, and --buckets, where"),
        (("add", "new", "--expires", "soon"), "write a time such as"),
        (("remove", "new"), "there is no identity new: `s3gw key list` shows all"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_line_and_changes_nothing(words, said, file, capsys):
    assert key(*words, "--keyring", file) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err
    assert file.read_text() == COMMENTED
    assert os.listdir(file.parent) == [file.name]


def test_a_keyring_that_is_none_is_one_line(tmp_path, capsys):
    for verb in (("list",), ("remove", "a")):
        assert key(*verb, "--keyring", tmp_path / "none") == 2
        assert "`s3gw key add NAME --keyring" in capsys.readouterr().err
    (tmp_path / "broken").write_text("identities: hush")
    for verb in (("list",), ("remove", "a"), ("add", "a")):
        assert key(*verb, "--keyring", tmp_path / "broken") == 2
        assert "line 1: identities: write a list" in capsys.readouterr().err
    assert (tmp_path / "broken").read_text() == "identities: hush"
    assert key("add", "a", "--keyring", tmp_path / "no" / "folder") == 2


def test_what_a_link_names_is_edited_and_becomes_private(file, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(file.name)
    file.chmod(0o644)
    assert key("remove", "first", "--keyring", link) == 0
    assert link.is_symlink()
    assert names(file.read_bytes()) == ["second", "third"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_owner_stays(file):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(file, 12345, 12346)
    assert key("remove", "first", "--keyring", file) == 0
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 12346)


def test_commands_at_the_same_time_lose_nothing(file):
    def add(number: int) -> None:
        assert key("add", f"n{number}", "--keyring", file, "--secret-env", "SOME") == 0

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(file.read_bytes())) == 11
