"""What a stream of operations makes, and how files are read."""

from __future__ import annotations

import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import grpc
import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from tests.devpachd.conftest import (
    Pachd,
    add,
    at,
    branch_of,
    copy,
    delete,
    devpachd_only,
    refused,
    set_commit,
)

BEFORE = {"/a": b"old", "/d/x": b"x", "/d/y": b"y", "/d-z": b"z"}

# operations, and what becomes of BEFORE: the files that differ, None where one is gone
STREAMS = [
    ("nothing", [], {}),
    ("an AddFile appends", [add("a", b"1")], {"/a": b"old1"}),
    ("every AddFile appends", [add("a", b"1"), add("a", b"2")], {"/a": b"old12"}),
    ("AddFiles may be mixed", [add("m", b"1"), add("n", b"2"), add("m", b"3")], {"/m": b"13", "/n": b"2"}),
    ("delete and add is overwrite", [delete("a"), add("a", b"n")], {"/a": b"n"}),
    ("of two overwrites the later wins", [delete("a"), add("a", b"n"), delete("a"), add("a", b"m")], {"/a": b"m"}),
    ("add and delete leaves nothing", [add("n", b"1"), delete("n")], {}),
    ("an empty AddFile makes an empty file", [add("n")], {"/n": b""}),
    (
        "an AddFile without a source too",
        [pb.ModifyFileRequest(add_file=pb.AddFile(path="n"))],
        {"/n": b""},
    ),
    ("an empty AddFile alters nothing", [add("a")], {}),
    ("a delete", [delete("a")], {"/a": None}),
    ("a delete of nothing", [delete("nope"), delete("nope/")], {}),
    ("a delete without a slash spares the directory", [delete("d")], {}),
    ("a delete of a directory", [delete("d/")], {"/d/x": None, "/d/y": None}),
    ("a delete of all", [delete("/")], dict.fromkeys(BEFORE)),
    ("a delete of all, then an add", [delete("/"), add("n", b"1")], {**dict.fromkeys(BEFORE), "/n": b"1"}),
    ("a delete of a directory and what was added", [add("d/n", b"1"), delete("/d/")], {"/d/x": None, "/d/y": None}),
    ("a delete of a directory and what comes after", [delete("d/"), add("d/n", b"1")], {"/d/x": None, "/d/y": None, "/d/n": b"1"}),
    ("paths are cleaned", [add("//p//q/", b"1"), add("r/", b"2")], {"/p/q": b"1", "/r": b"2"}),
    ("a delete is cleaned", [delete("//a")], {"/a": None}),
    ("all that may stand in a path", [add("#&=~$'\"\\|<>,;:` %", b"1")], {"/#&=~$'\"\\|<>,;:` %": b"1"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def shared(pachd):
    """A repo whose branch `before` has the files of BEFORE; tests make branches from it."""
    repo = pachd.new_repo()
    pachd.put(at(repo, branch="before"), BEFORE)
    pachd.finished(at(repo, branch="before"))
    return repo


@pytest.fixture
def head(pachd, shared, request):
    """A new branch with the files of BEFORE."""
    name = f"b{abs(hash(request.node.nodeid))}"
    pachd.create_branch(shared, name, head=at(shared, branch="before"))
    return at(shared, branch=name)


@pytest.mark.parametrize(
    ("operations", "changes"), [case[1:] for case in STREAMS], ids=[case[0] for case in STREAMS]
)
def test_a_stream_makes(pachd, head, operations, changes):
    pachd.modify(head, *operations)
    files = {path: data for path, data in {**BEFORE, **changes}.items() if data is not None}
    assert pachd.files(head) == dict(sorted(files.items()))


def test_a_stream_into_an_open_commit_sees_what_is_in_it(pachd, head):
    commit = pachd.start(head.repo, head.branch.name)
    pachd.modify(head, add("d/n", b"1"), add("a", b"2"))
    pachd.modify(at(head.repo, commit.id, head.branch.name), add("a", b"3"), delete("d/"))
    assert pachd.files(head) == {"/a": b"old23", "/d-z": b"z"}
    pachd.finish(commit)
    assert pachd.files(head) == {"/a": b"old23", "/d-z": b"z"}


PROTOCOL = [
    ("no message", [], "EOF"),
    ("no commit first", [add("a")], "first message must be a commit"),
    ("an empty message first", [pb.ModifyFileRequest()], "first message must be a commit"),
]


@pytest.mark.parametrize(
    ("messages", "text"), [case[1:] for case in PROTOCOL], ids=[case[0] for case in PROTOCOL]
)
def test_a_stream_is_refused(pachd, messages, text):
    with refused("UNKNOWN", text):
        pachd.api.ModifyFile(iter(messages))


CHARSET = "only printable ASCII characters allowed"
REFUSED = [
    (set_commit, "cannot set commit"),
    (lambda _: pb.ModifyFileRequest(), "unrecognized message type"),
    *[
        (lambda _, make=make, path=path: make(path), f"path ({path}) invalid: {text}")
        for make in (add, delete)
        for path, text in [
            ("", CHARSET),
            ("é", CHARSET),
            ("a\n", CHARSET),
            ("a\x7f", CHARSET),
            *[(f"a{c}b", f"globbing character ({c}) not allowed in path") for c in "*?[]{}!()@+^"],
            ("a+b?", "globbing character (+) not allowed in path"),
            ("é*", CHARSET),
            (".", "relative file paths are not allowed"),
            ("a/../b", "relative file paths are not allowed"),
            ("/a/./b", "relative file paths are not allowed"),
            ("../*", "globbing character (*) not allowed in path"),
        ]
    ],
]


def test_messages_that_are_refused_change_nothing(pachd, shared):
    head = at(shared, branch="before")
    for message, text in REFUSED:
        with refused("UNKNOWN", text):
            pachd.modify(head, add("n", b"1"), message(head))
    assert pachd.files(head) == BEFORE


def test_a_stream_that_breaks_off_changes_nothing(pachd, head):
    def messages():
        yield set_commit(head)
        yield add("n", b"1")
        raise RuntimeError

    before = pachd.inspect(head).commit.id
    for _ in range(20):
        with pytest.raises(grpc.RpcError):
            pachd.api.ModifyFile(messages())
    assert pachd.inspect(head).commit.id == before


def test_a_write_to_a_missing_repo_is_refused_after_it_was_read(pachd):
    repo = pb.Repo(name="devpachd-nope", type="user", project=pb.Project(name="default"))
    read = []

    def messages():
        yield set_commit(at(repo))
        for number in range(3):
            read.append(number)
            yield add("a", b"1")

    with refused("NOT_FOUND", "repo default/devpachd-nope not found"):
        pachd.api.ModifyFile(messages())
    assert read == [0, 1, 2]


COPIES = [
    ("a file", [copy, "/a", "n"], {"/n": b"old"}),
    ("a directory", [copy, "d", "/e/f/"], {"/e/f/x": b"x", "/e/f/y": b"y"}),
    ("all", [copy, "/", "all"], {f"/all{path}": data for path, data in BEFORE.items()}),
    ("what is missing", [copy, "/nope", "n"], {}),
    ("over a file", [copy, "d/x", "a"], {"/a": b"x"}),
    ("over a directory, whose other files stay", [copy, "d", "e"], {"/e/x": b"x", "/e/y": b"y"}),
]


@pytest.mark.parametrize(
    ("arguments", "changes"), [case[1:] for case in COPIES], ids=[case[0] for case in COPIES]
)
def test_a_copy_of(pachd, head, shared, arguments, changes):
    make, source, target = arguments
    pachd.modify(head, make(at(shared, branch="before"), source, target))
    assert pachd.files(head) == dict(sorted({**BEFORE, **changes}.items()))


def test_a_copy_may_append_and_comes_in_its_turn(pachd, head):
    pachd.modify(head, copy(head, "d/x", "a", append=True))
    assert pachd.read(head, "a") == b"oldx"
    pachd.modify(head, add("n", b"gone"), copy(head, "d/y", "n"), delete("d/y"))
    assert pachd.read(head, "n") == b"y"


DOUBLED = [
    ("an add after a copy", lambda head: [copy(head, "d/x", "n"), add("n", b"!")]),
    ("a copy that appends to an add", lambda head: [add("n", b"!"), copy(head, "d/x", "n", append=True)]),
    ("a copy that appends to a copy", lambda head: [copy(head, "d/x", "n", append=True)] * 2),
]


@pytest.mark.parametrize("operations", [case[1] for case in DOUBLED], ids=[case[0] for case in DOUBLED])
def test_of_one_stream_is_an_error_of_the_commit(pachd, head, operations):
    pachd.modify(head, *operations(head))
    text = "duplicate path output by different datums (/n from default and /n from default)"
    assert pachd.finished(head).error == text
    pachd.modify(head, add("m"))
    assert pachd.files(head) == dict(sorted({**BEFORE, "/m": b""}.items()))


def test_two_copies_that_append_are_well_in_two_streams(pachd, shared, head):
    commit = pachd.start(head.repo, head.branch.name)
    for path in ("d/x", "d/y"):
        pachd.modify(commit, copy(at(shared, branch="before"), path, "n", append=True))
    pachd.finish(commit)
    assert pachd.finished(commit).error == ""
    assert pachd.read(head, "n") == b"xy"


def test_the_target_of_a_copy_is_not_checked(pachd, head):
    pachd.modify(head, copy(head, "a", "/é*"))
    assert pachd.read(head, "/é\\*", path_range=pb.PathRange(lower="/")) == b"old"
    assert pachd.listed("ListFile", head, "/")[-1] == "/é*"
    pachd.modify(head, add("n", b"1"))
    assert pachd.read(head, "n") == b"1"
    assert pachd.listed("ListFile", head, "/")[-1] == "/é*"


@devpachd_only
def test_a_copy_from_a_commit_without_a_repo_is_refused(pachd, head):
    """2.7.8 crashes as a whole; 2.12 says this."""
    source = pb.Commit(branch=head.branch)
    with refused("UNKNOWN", "pick commit tx: cannot pick commit with no repo"):
        pachd.modify(head, copy(source, "a", "n"))


@devpachd_only
def test_a_write_to_a_commit_without_a_branch_is_refused(pachd, head):
    """2.7.8 crashes as a whole."""
    commit = pachd.start(head.repo, head.branch.name)
    with refused("UNKNOWN", "commit must have a branch"):
        pachd.modify(pb.Commit(repo=head.repo, id=commit.id), add("n"))


def test_datums(pachd, head):
    pachd.modify(head, add("n", b"1", "one"))
    assert pachd.look(head, "n").file.datum == "one"
    pachd.modify(head, delete("n"))
    assert pachd.look(head, "n", "one").size_bytes == 1
    with pytest.raises(grpc.RpcError):
        pachd.look(head, "n", "default")
    pachd.modify(head, delete("n", "one"))
    assert pachd.files(head) == BEFORE


def test_two_datums_of_a_path_are_an_error_of_the_commit(pachd, head):
    pachd.modify(head, add("n", b"1", "one"), add("n", b"2"))
    text = "duplicate path output by different datums (/n from default and /n from one)"
    assert pachd.finished(head).error == text


# --- reading ----------------------------------------------------------------------------------


READS = [
    ("whole", "/a", {}, b"old"),
    ("by a path that is cleaned", "//a/", {}, b"old"),
    ("by a glob that matches one", "/[a]", {}, b"old"),
    ("by a glob that matches one in a directory", "/d/[x]", {}, b"x"),
    ("from an offset", "/a", {"offset": 1}, b"ld"),
]


@pytest.mark.parametrize(
    ("path", "more", "data"), [case[1:] for case in READS], ids=[case[0] for case in READS]
)
def test_a_file_is_read(pachd, shared, path, more, data):
    assert pachd.messages(at(shared, branch="before"), path, **more) == [data]


NO_READS = [
    ("/nope", "NOT_FOUND", "file /nope not found in repo default/{repo} at commit "),
    ("nope/*", "NOT_FOUND", "file nope/* not found in repo default/{repo} at commit "),
    ("/d", "UNKNOWN", "cannot get directory or non-regular file. Use GetFileTAR instead"),
    ("/", "UNKNOWN", "cannot get directory or non-regular file. Use GetFileTAR instead"),
    ("/d*", "UNKNOWN", "cannot get directory or non-regular file. Use GetFileTAR instead"),
    ("/d/*", "UNKNOWN", "matched multiple files. Use GetFileTAR instead"),
]


@pytest.mark.parametrize(("path", "code", "text"), NO_READS)
def test_a_file_is_not_read(pachd, shared, path, code, text):
    with refused(code, text.format(repo=shared.name)):
        pachd.read(at(shared, branch="before"), path)


def test_an_empty_file_and_an_offset_past_the_end_have_no_messages(pachd, head):
    pachd.modify(head, add("empty"))
    assert pachd.messages(head, "empty") == []
    for offset in (3, 4, 1 << 40):
        assert pachd.messages(head, "a", offset=offset) == []


@devpachd_only
def test_a_negative_offset_is_refused(pachd, shared):
    """Real ones give bytes of the file beside."""
    with refused("UNKNOWN", "offset -1 is negative"):
        pachd.read(at(shared, branch="before"), "d/x", offset=-1)


def test_messages_have_19_mib(pachd, repo):
    block = bytes(range(256)) * 4096  # 1 MiB
    pachd.modify(at(repo), *[add("large", block * 19), add("large", block * 2)])
    messages = pachd.messages(at(repo), "large")
    assert [len(message) for message in messages] == [19 << 20, 2 << 20]
    assert messages[1] == block * 2
    assert [len(message) for message in pachd.messages(at(repo), "large", offset=(20 << 20) + 1)] == [
        (1 << 20) - 1
    ]


def test_a_message_of_more_than_20_mib_is_refused(address, repo):
    with grpc.insecure_channel(address, [("grpc.max_send_message_length", -1)]) as channel:
        with pytest.raises(grpc.RpcError) as raised:
            Pachd(channel).modify(at(repo), add("large", bytes(21 << 20)))
        assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "larger than max" in raised.value.details()


def test_a_tar(pachd, shared):
    request = pb.GetFileRequest(file=pb.File(commit=at(shared, branch="before"), path="/d*"))
    data = b"".join(message.value for message in pachd.api.GetFileTAR(request))
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {member.name: archive.extractfile(member) for member in archive}
        bodies = {name: file.read() if file else None for name, file in found.items()}
    assert bodies == {"/d-z": b"z", "/d": None, "/d/x": b"x", "/d/y": b"y"}
    with refused("NOT_FOUND", f"file /q not found in repo default/{shared.name} at commit "):
        list(
            pachd.api.GetFileTAR(
                pb.GetFileRequest(file=pb.File(commit=at(shared, branch="before"), path="/q"))
            )
        )


def test_the_difference_to_the_parent_and_to_another_commit(pachd, head, shared):
    pachd.modify(head, delete("d/x"), add("n", b"1"), add("a", b"!"))
    request = pb.DiffFileRequest(new_file=pb.File(commit=head, path="/"))
    paths = [(diff.old_file.file.path, diff.new_file.file.path) for diff in pachd.api.DiffFile(request)]
    expected = [("/", "/"), ("/a", "/a"), ("/d/", "/d/"), ("/d/x", ""), ("", "/n")]
    assert paths == expected
    request.old_file.CopyFrom(pb.File(commit=at(shared, branch="before"), path="/d"))
    request.new_file.path = "/d"
    paths = [(diff.old_file.file.path, diff.new_file.file.path) for diff in pachd.api.DiffFile(request)]
    assert paths == [("/d/", "/d/"), ("/d/x", "")]


def test_a_file_from_a_url(pachd, head):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/ok" else 404)
            self.end_headers()
            self.wfile.write(b"from afar")

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            for path in ("ok", "missing"):
                source = pb.AddFile(path="n", url=pb.AddFile.URLSource(URL=f"{url}/{path}"))
                message = pb.ModifyFileRequest(add_file=source)
                if path == "ok":
                    pachd.modify(head, message)
                    assert pachd.read(head, "n") == b"from afar"
                else:
                    with refused("UNKNOWN", f'error retrieving content from "{url}/missing": 404 Not Found'):
                        pachd.modify(head, message)
        finally:
            server.shutdown()
            thread.join()


def test_the_files_of_another_branch_are_not_changed(pachd, shared, head):
    assert pachd.branch(shared, head.branch.name).head == pachd.branch(shared, "before").head
    pachd.modify(head, delete("/"))
    assert pachd.files(head) == {}
    assert pachd.files(at(shared, branch="before")) == BEFORE
    assert pachd.branch(shared, head.branch.name).branch == branch_of(shared, head.branch.name)
