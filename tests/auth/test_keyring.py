"""Keyrings: what stands in them, what is refused, and how they change while a gateway serves."""

from __future__ import annotations

import json
import logging
import os
import re
import stat
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.catalogue import ROOT
from s3gw.auth.document import KeyringError
from s3gw.auth.keyring import Keyring, parse
from s3gw.generated.authentication import RIGHTS
from tests.keyring import ACCOUNT, KEYRING, SECRETS, TOKEN

SCHEMA = json.loads((ROOT / "s3gw" / "auth" / "keyring.schema.json").read_text())

HUSH = "hush-hush"
ONE = f"identities:\n- name: one\n  access_key: ONE\n  secret: {HUSH}\n"
GRANT = ONE + "  may:\n  - "


def ring(text: str, folder: Path = Path()):
    return parse(text.encode(), folder, {})


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "keyring.yaml"
    path.touch(0o600)
    path.write_text(ONE)
    return path


# --- what stands in it ----------------------------------------------------------------------------


def test_a_keyring_says_who_there_is_and_what_each_may():
    found = ring(KEYRING)
    assert found.account == ACCOUNT
    assert {of.identity.name: of.secret for of in found.credentials.values()} == SECRETS
    assert found.credentials["VISITOR"].session_token == TOKEN
    assert found.credentials["FORMER"].expires == 1577836800
    assert found.credentials["ADMIN"].identity.may_below("create", "master.images", "")
    assert not found.credentials["TEAM"].identity.may("read", "master.images", "ab")
    assert found.anonymous.is_anonymous
    assert found.anonymous.may("read", "master.public-1", "a")
    assert not found.anonymous.may("write", "master.public-1", "a")
    assert not found.anonymous.may("read", "master.images", "a")


def test_the_rights_of_the_schema_are_those_of_the_catalogue():
    rights = SCHEMA["definitions"]["grant"]["properties"]["rights"]["items"]
    assert tuple(rights["enum"]) == RIGHTS
    assert rights["description"] == f"write one of {', '.join(RIGHTS)}"


def test_the_page_shows_a_keyring_and_tells_all_of_its_keys(tmp_path, monkeypatch):
    page = (ROOT / "docs" / "identity.md").read_text()
    (text,) = re.findall(r"```yaml\n(account.*?)```", page, re.DOTALL)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "reader").write_text(HUSH)
    monkeypatch.setenv("TRAINER_SECRET", HUSH)
    found = ring(text, tmp_path)
    assert found.credentials["AKIATRAINER"].identity.may("write", "dev.models", "trainer/1")
    assert found.anonymous.may("read", "master.public", "a")
    described = [SCHEMA, *(SCHEMA["definitions"][name] for name in ("identity", "grant"))]
    rows = "".join(re.findall(r"^\| (`.*?) \|", page, re.MULTILINE))
    assert not {key for part in described for key in part["properties"] if f"`{key}`" not in rows}
    assert not {right for right in RIGHTS if f"`{right}`" not in rows}


@pytest.mark.parametrize(
    ("text", "value"),
    [("000000000000", "000000000000"), ("'000000000012'", "000000000012"), ("012345670123", "012345670123")],
)
def test_an_account_is_its_digits_quoted_or_not(text, value):
    assert ring(f"account: {text}\nidentities: []").account == value
    assert ring("identities: []").account == "000000000000"


@pytest.mark.parametrize(
    "secret",
    [
        "0123",
        "1e3",
        "no",
        "12:30",
        "2020-01-01",
        "0x1F",
        "'~'",
        '"null"',
        "'a: b # c'",
        "\u00e4\u4e2d",
        "a b",
    ],
)
def test_a_secret_is_its_text_whatever_yaml_makes_of_it(secret):
    assert ring(ONE.replace(HUSH, secret)).credentials["ONE"].secret == secret.strip("'\"")


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("2020-01-01T00:00:00Z", 1577836800),
        ("2020-01-01 00:00:00z", 1577836800),
        ("2020-01-01T01:00:00+01:00", 1577836800),
        ("'2020-01-01T00:00:00Z'", 1577836800),
    ],
)
def test_an_end_is_a_time(time, seconds):
    assert ring(f"{ONE}  expires: {time}").credentials["ONE"].expires == seconds


@pytest.mark.parametrize("content", [HUSH, f"{HUSH}\n", f"{HUSH}\r\n"])
def test_a_secret_may_be_in_a_file_beside_the_keyring_or_in_the_environment(content, tmp_path, monkeypatch):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "one").write_bytes(content.encode())
    text = ONE.replace(f"secret: {HUSH}", "secret_file: secrets/one\n  session_token_env: THE_TOKEN")
    monkeypatch.setenv("THE_TOKEN", "token")
    one = ring(text, tmp_path).credentials["ONE"]
    assert (one.secret, one.session_token) == (HUSH, "token")
    assert ring(text.replace("secrets/one", f"{tmp_path}/secrets/one")).credentials["ONE"].secret == HUSH


def test_secrets_are_in_no_text_that_is_made_of_credentials():
    text = repr(ring(KEYRING))
    assert not [secret for secret in (*SECRETS.values(), TOKEN) if secret in text]


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: write `identities:`"),
        ("# nothing", "line 1: write `identities:`"),
        ("- one", "line 1: write `identities:`"),
        ("account: 123456789012", "line 1: write `identities:`"),
        ("identities: one", "line 1: identities: write a list"),
        ("identities: []\naccounts: 1", "line 1: a key here is none of account, identities, anonymous"),
        ("identities: []\naccount: 12", "account: write 12 digits"),
        ("identities: []\naccount: '1234567890123'", "account: write 12 digits"),
        ("identities: []\nanonymous: {}", "line 2: anonymous: write `may:`"),
        ("identities: [{name: one}]", "identities[0] (one): write name, access_key, one of secret"),
        ("a: b: c", "line 1: this is no YAML"),
        (f"{ONE}\tx: 1", "line 5: this is no YAML"),
        (f"a: '{HUSH}", "this is no YAML"),
        (f"identities: !!python/object:os.{HUSH} 1", "line 1: anchors (&) and tags (!)"),
        ("identities: &x []\nanonymous: *x", "line 1: anchors (&) and tags (!)"),
        ("identities: []\nanonymous: *x", "line 2: aliases (*)"),
        ("---\nidentities: []\n---\nidentities: []", "more than one document"),
        ("[" * 1000, "lies too deep"),
        ("? [a]\n: b", "a key must be a name"),
        ("\x00", "it is no YAML"),
        (ONE + ONE, "line 5: this key stands twice"),
        (f"{ONE}  secret: {HUSH}", "line 5: this key stands twice"),
        (f"{ONE}  {HUSH}: 1", "line 2: identities[0] (one): a key here is none of name, access_key"),
        (ONE.replace("secret", "secert"), "identities[0] (one): write name, access_key, one of secret"),
        (f"{ONE}  secret_env: HUSH", "identities[0] (one): write name, access_key, one of secret"),
        (f"{ONE}  session_token: {HUSH}\n  session_token_env: B", "and at most one of session_token"),
        (ONE.replace(HUSH, ""), "identities[0] (one).secret: write 1 to 4096 characters"),
        (ONE.replace(HUSH, "~"), "identities[0] (one).secret: write 1 to 4096 characters"),
        (ONE.replace(HUSH, "''"), "identities[0] (one).secret: write 1 to 4096 characters"),
        (ONE.replace(HUSH, f"[{HUSH}]"), "identities[0] (one).secret: write 1 to 4096 characters"),
        (ONE.replace(HUSH, "x" * 4097), "identities[0] (one).secret: write 1 to 4096 characters"),
        (ONE.replace(f"secret: {HUSH}", "secret_env: NOT_SET_ANYWHERE"), ".secret_env: this variable of the environment is not set"),
        (ONE.replace(f"secret: {HUSH}", "secret_env: IS_EMPTY"), ".secret_env: this variable of the environment is not set"),
        (ONE.replace(f"secret: {HUSH}", "secret_env: A=B"), ".secret_env: write the name of a variable"),
        (ONE.replace(f"secret: {HUSH}", "secret_file: missing"), ".secret_file: this file cannot be read (No such file"),
        (ONE.replace(f"secret: {HUSH}", "secret_file: empty"), ".secret_file: this file is empty"),
        (ONE.replace(f"secret: {HUSH}", "secret_file: newline"), ".secret_file: this file is empty"),
        (ONE.replace(f"secret: {HUSH}", "secret_file: long"), ".secret_file: this file cannot be read (it has more"),
        (ONE.replace(f"secret: {HUSH}", "secret_file: latin"), ".secret_file: this file is no text"),
        (ONE.replace(f"secret: {HUSH}", "secret_file: ."), ".secret_file: this file cannot be read (Is a directory)"),
        (ONE.replace(f"secret: {HUSH}", "secret_file: pipe"), ".secret_file: this file cannot be read (it is no file)"),
        (ONE.replace("name: one", "name: anonymous"), ".name: write 1 to 64 letters"),
        (ONE.replace("name: one", "name: a b"), ".name: write 1 to 64 letters"),
        (ONE.replace("name: one", f"name: '{HUSH}/x'"), "identities[0].name: write 1 to 64 letters"),
        (ONE.replace("access_key: ONE", "access_key: a/b"), ".access_key: write 1 to 128 letters"),
        (ONE.replace("access_key: ONE", "access_key: 'a\\n'"), ".access_key: write 1 to 128 letters"),
        (ONE + ONE.partition("\n")[2].replace("ONE", "TWO"), "line 5: identities[1] (one).name: another identity"),
        (ONE + ONE.partition("\n")[2].replace("one", "two"), "line 5: identities[1] (two).access_key: another identity"),
        (f"{ONE}  expires: 2020-13-01T00:00:00Z", ".expires: there is no such time"),
        (f"{ONE}  expires: 2020-01-01T00:00:00", ".expires: write a time such as"),
        (f"{ONE}  expires: 2020-01-01", ".expires: write a time such as"),
        (f"{GRANT}buckets: ['*']", "line 6: identities[0] (one).may[0]: write `rights:`"),
        (f"{GRANT}rights: [read]", "line 6: identities[0] (one).may[0]: write `rights:`"),
        (f"{GRANT}rights: []\n    buckets: ['*']", ".rights: write a list of at least one right"),
        (f"{GRANT}rights: read\n    buckets: ['*']", ".rights: write a list of at least one right"),
        (f"{GRANT}rights: [reed]\n    buckets: ['*']", ".rights[0]: write one of read, list"),
        (f"{GRANT}rights: [anybody]\n    buckets: ['*']", ".rights[0]: write one of read, list"),
        (f"{GRANT}rights: [read]\n    buckets: []", "line 7: identities[0] (one).may[0].buckets: write a list of at least one bucket"),
        (f"{GRANT}rights: [read]\n    buckets:", ".buckets: write a list of at least one bucket"),
        (f"{GRANT}rights: [read]\n    buckets: ['']", ".buckets[0]: write branch.repo"),
        (f"{GRANT}rights: [read]\n    buckets: [images]", ".buckets[0]: write branch.repo (master.repo for repo)"),
        (f"{GRANT}rights: [read]\n    buckets: [a.b.c.*]", ".buckets[0]: write branch.repo"),
        (f"{GRANT}rights: [read]\n    buckets: ['master.i?']", ".buckets[0]: write branch.repo"),
        (f"{GRANT}rights: [read]\n    buckets: ['master.[a-z]']", ".buckets[0]: write branch.repo"),
        (f"{GRANT}rights: [read]\n    buckets: [master.images.default]", ".buckets[0]: buckets of the project default"),
        (f"{GRANT}rights: [read]\n    buckets: [0123456789ab4cdef0123456789abcde.master.images]", ".buckets[0]: whoever may read a branch"),
        (f"{GRANT}rights: [read]\n    buckets: ['*']\n    prefixes: []", ".prefixes: write a list of at least one prefix, or leave"),
        (f"{GRANT}rights: [read]\n    buckets: ['*']\n    prefixes:", ".prefixes: write a list of at least one prefix, or leave"),
        (f"{GRANT}rights: [read]\n    buckets: ['*']\n    prefixes: ['']", ".prefixes[0]: write the beginning of keys"),
        (f"{GRANT}rights: [read]\n    buckets: ['*']\n    prefixes: [a/*]", ".prefixes[0]: write the beginning of keys without a *"),
        ("identities: []\nanonymous:\n  may:\n  - rights: [read]\n    buckets: [a.b.default]", "line 5: anonymous.may[0].buckets[0]"),
    ],
)  # fmt: skip
def test_what_is_no_keyring_is_told_in_one_line_without_a_secret(text, said, tmp_path, monkeypatch):
    monkeypatch.setenv("IS_EMPTY", "")
    for name, content in (("empty", b""), ("newline", b"\n"), ("long", b"x" * 4097), ("latin", b"\xe4")):
        (tmp_path / name).write_bytes(content)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(KeyringError) as refused:
        ring(text, tmp_path)
    line = str(refused.value)
    assert said in line
    assert "\n" not in line
    assert HUSH not in line


@given(st.text("abc:-[]{}&*!|>'\"#~ \n\t\\\x00\u2028", max_size=20))
def test_any_text_is_a_keyring_or_refused(text):
    for whole in (text, f"identities:\n- {text}", f"{ONE}  {text}", GRANT + text):
        with suppress(KeyringError):
            ring(whole)


def test_bytes_that_are_no_text_and_very_many_are_refused():
    with pytest.raises(KeyringError, match="not UTF-8"):
        parse(b"\xff\xfeidentities: []", Path(), {})
    with pytest.raises(KeyringError, match="is longer than"):
        parse(b"#" * (16 * 1024 * 1024 + 1), Path(), {})


def test_ten_thousand_identities_are_read_in_seconds(file):
    grant = "\n  may: [{rights: [read, list], buckets: ['master.*'], prefixes: [a/]}]\n"
    rows = (f"- name: n{n}\n  access_key: K{n}\n  secret: s{n}{grant}" for n in range(10_000))
    file.write_text("identities:\n" + "".join(rows))
    begun = time.process_time()
    keyring = Keyring(file)
    assert time.process_time() - begun < 10
    assert keyring.count == 10_000
    found = keyring.credentials("K9999")
    assert found is not None
    assert found.identity.may("read", "master.images", "a/b")


# --- changes --------------------------------------------------------------------------------------


def test_a_change_is_seen_and_what_is_removed_is_unknown(file):
    keyring = Keyring(file)
    before = keyring.credentials("ONE")
    assert before is not None
    keyring.look()
    assert keyring.credentials("ONE") is before
    file.write_text(ONE.replace("ONE", "TWO"))
    keyring.look()
    assert keyring.credentials("ONE") is None
    after = keyring.credentials("TWO")
    assert after is not None
    assert after.identity.name == keyring.confirm(before).name


def test_a_broken_one_changes_nothing_and_is_one_line_for_each_change(file, caplog):
    caplog.set_level(logging.INFO)
    keyring = Keyring(file)
    for text in (f"identities: '{HUSH}", ""):
        file.write_text(text)
        keyring.look()
        keyring.look()
    file.unlink()
    keyring.look()
    keyring.look()
    assert keyring.credentials("ONE") is not None
    assert [record.message.partition(": ")[0] for record in caplog.records] == [
        "the keyring stays what it was"
    ] * 3
    assert HUSH not in caplog.text
    file.write_text(ONE.replace("ONE", "TWO"))
    keyring.look()
    assert keyring.credentials("TWO") is not None
    assert caplog.records[-2].message == "the keyring has changed: 1 identities"


def test_a_file_of_a_secret_may_change_come_and_go(file, tmp_path):
    (tmp_path / "one").write_text("first")
    file.write_text(ONE.replace(f"secret: {HUSH}", "secret_file: one"))
    keyring = Keyring(file)

    def secret() -> str:
        keyring.look()
        found = keyring.credentials("ONE")
        assert found is not None
        return found.secret

    (tmp_path / "one").write_text("second")
    assert secret() == "second"
    (tmp_path / "one").unlink()
    assert secret() == "second"
    (tmp_path / "one").write_text("third")
    assert secret() == "third"
    file.write_text(ONE.replace(f"secret: {HUSH}", "secret_file: other"))
    assert secret() == "third"
    (tmp_path / "other").write_text("fourth")  # which makes a broken keyring whole
    assert secret() == "fourth"


def test_a_keyring_may_be_replaced_as_kubernetes_replaces_secrets(tmp_path):
    for number in (1, 2):
        folder = tmp_path / f"..{number}"
        folder.mkdir()
        (folder / "keyring.yaml").write_text(ONE.replace(f"secret: {HUSH}", "secret_file: one"))
        (folder / "one").write_text(f"secret {number}")
    (tmp_path / "..data").symlink_to("..1")
    for name in ("keyring.yaml", "one"):
        (tmp_path / name).symlink_to(f"..data/{name}")
    keyring = Keyring(tmp_path / "keyring.yaml")
    (tmp_path / "..next").symlink_to("..2")
    (tmp_path / "..next").rename(tmp_path / "..data")
    keyring.look()
    found = keyring.credentials("ONE")
    assert found is not None
    assert found.secret == "secret 2"


@pytest.mark.parametrize(("mode", "lines"), [(0o600, 0), (0o400, 0), (0o640, 1), (0o604, 1), (0o622, 1)])
def test_a_keyring_that_others_may_read_is_one_line(file, mode, lines, caplog):
    file.chmod(mode)
    keyring = Keyring(file)
    keyring.warn_of_others()
    assert caplog.text.count(f"run chmod 600 {file}") == lines
    assert stat.S_IMODE(file.stat().st_mode) == mode
