"""What reads and DeleteBucket answer while the head of a branch is not finished."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pb

from s3gw.pfs.interface import Branch, BranchInUse, ConditionFailed, FileNotFound, OutputBranch, TooSlow
from s3gw.pfs.pachd._heads import OURS
from s3gw.pfs.pachd._messages import branch_message, commit_message
from tests.contract.conftest import Store
from tests.serving import Gateway, serving


@pytest.fixture
def output(store: Store) -> Store:
    """An output branch of the store's; pachd opens its head whenever the store has a new one."""
    branch = Branch("out", "master")
    store.pfs.create_branch(branch, [store.branch])
    return Store(store.pfs, branch)


@pytest.fixture
def gateway(tmp_path: Path, address: str) -> Iterator[Gateway]:
    with serving(tmp_path, "--pachd-deadline", "5", where=address) as gateway:
        yield gateway


def start(store: Store, description: str = "") -> str:
    request = pb.StartCommitRequest(branch=branch_message(store.branch), description=description)
    return store.pfs._client.call("StartCommit", request).id


def finish(store: Store, error: str = "") -> None:
    """Finish the head as a job does; with an error it has failed."""
    request = pb.FinishCommitRequest(commit=commit_message(store.branch), error=error)
    store.pfs._client.call("FinishCommit", request)


def job(store: Store, **files: bytes) -> None:
    """Write into the open head as a job does."""
    messages = [pb.ModifyFileRequest(set_commit=commit_message(store.branch))]
    for path, body in files.items():
        messages.append(pb.ModifyFileRequest(delete_file=pb.DeleteFile(path=path)))
        messages.append(pb.ModifyFileRequest(add_file=pb.AddFile(path=path, raw={"value": body})))
    store.pfs._client.modify(message.SerializeToString() for message in messages)


def spoil(store: Store) -> None:
    """Give the branch a head with an error, and a file that nobody is to see."""
    start(store)
    job(store, a=b"bad", bad=b"bad")
    finish(store, error="the client has thought again")


def at_once(begun: float) -> bool:
    return time.monotonic() - begun < 4


@pytest.mark.parametrize("waiting_jobs", [1, 3])
def test_an_output_branch_answers_from_its_last_finished_commit(store, output, waiting_jobs):
    job(output, a=b"old", b=b"kept")
    finish(output)
    done = output.snapshot().commit
    for number in range(waiting_jobs):
        store.put(f"in/{number}")
        job(output, a=b"half", new=b"half")
    begun = time.monotonic()
    assert output.snapshot().commit == done
    assert output.paths() == ["a", "b"]
    assert output.read("a") == b"old"
    assert output.inspect("b").committed == output.inspect("a").committed
    with pytest.raises(FileNotFound):
        output.inspect("new")
    assert at_once(begun)


def test_what_a_job_has_written_is_seen_when_it_is_done(store, output, fault):
    finish(output)
    store.put("in")
    job(output, new=b"new")
    assert output.paths() == []
    fault(finish_s=0.3)
    finish(output)
    assert output.paths() == ["new"]
    assert output.read("new") == b"new"


def test_an_output_branch_of_which_nothing_was_finished_yet_is_empty(store, output):
    job(output, half=b"x")
    for _ in range(2):  # the head, then one upon it
        begun = time.monotonic()
        assert output.paths() == []
        assert output.snapshot().list_files("ha", "/").files == []
        with pytest.raises(FileNotFound):
            output.read("half")
        assert at_once(begun)
        store.put("in")
    with pytest.raises(OutputBranch):
        output.put("a")


def test_a_commit_of_a_failed_job_is_passed_over(store, output):
    job(output, a=b"good")
    finish(output)
    store.put("in")
    job(output, a=b"bad")
    finish(output, error="the job has failed")
    store.put("in")
    assert output.read("a") == b"good"


def test_a_head_that_takes_long_to_be_finished_is_waited_for_no_longer_than_a_moment(store, output, fault):
    finish(output)
    store.put("in")
    job(output, new=b"new")
    fault(finish_s=30)
    finish(output)
    started = time.monotonic()
    assert output.paths() == []
    assert time.monotonic() - started < 10


def test_a_look_at_the_head_takes_no_longer_than_half_of_the_deadline(store, fault):
    store.put("a")
    store.pfs._client.deadline_s = 4
    fault(latency_s=1.8)
    began = time.monotonic()
    with pytest.raises(TooSlow):  # it would take three calls
        assert store.snapshot().commit
    assert time.monotonic() - began < 3


def test_pages_pin_the_commit_that_answers(store, output):
    job(output, **dict.fromkeys("abcd", b"x"))
    finish(output)
    store.put("in")
    snapshot = output.snapshot()
    first = snapshot.list_files(limit=2)
    job(output, **dict.fromkeys("abc", b"y"))
    finish(output)
    rest = output.pfs.snapshot(output.branch, snapshot.commit).list_files(after=first.after)
    assert [file.path for file in [*first.files, *rest.files]] == ["a", "b", "c", "d"]
    assert output.read("d", output.pfs.snapshot(output.branch, snapshot.commit)) == b"x"


def test_an_open_head_upon_a_commit_that_is_being_finished_is_read_when_that_is(store, fault):
    fault(finish_s=0.5)
    messages = [
        pb.ModifyFileRequest(set_commit=commit_message(store.branch)),
        pb.ModifyFileRequest(add_file=pb.AddFile(path="a", raw={"value": b"x"})),
    ]
    store.pfs._client.modify(message.SerializeToString() for message in messages)
    start(store)
    assert store.paths() == ["a"]


def test_a_conditional_write_of_another_gateway_is_read_when_it_is_finished(store):
    """What it has written may yet be refused; a gateway that died has left it half done."""
    store.put("a", b"old")
    before = store.snapshot().commit
    start(store, OURS)
    job(store, a=b"new")
    assert store.read("a") == b"old"
    assert store.snapshot().commit == before
    finish(store)
    assert store.read("a") == b"new"


@pytest.mark.parametrize("files", [{}, {"a": b"x"}])
def test_a_branch_that_a_job_writes_to_is_not_deleted(store, output, files):
    job(output, **files)
    finish(output)
    store.put("in")
    head = output.pfs.inspect_branch(output.branch).head
    for with_files in (False, True):
        with pytest.raises(BranchInUse, match=rf"out@{head}, is open since 20.*a job.*stop"):
            output.pfs.delete_branch(output.branch, with_files=with_files)
    finish(output)
    output.pfs.delete_branch(output.branch, with_files=True)


def test_a_branch_that_a_client_has_opened_is_not_deleted(store):
    commit = start(store)
    with pytest.raises(BranchInUse, match=rf"repo@{commit}, is open since 20.*pachctl finish commit"):
        store.pfs.delete_branch(store.branch)
    finish(store)
    store.pfs.delete_branch(store.branch)


def test_a_head_that_was_finished_with_an_error_is_passed_over(store):
    store.put("a", b"good")
    good = store.snapshot().commit
    spoil(store)
    assert store.snapshot().commit == good
    assert store.paths() == ["a"]
    assert store.read("a") == b"good"


@pytest.mark.parametrize("bad", [1, 2])
def test_writes_go_upon_the_last_head_without_an_error(store, bad):
    store.put("a", b"good")
    for _ in range(bad):
        spoil(store)
    with pytest.raises(ConditionFailed):
        store.put("a", b"other", condition=lambda found: found is None)
    store.put("b")
    assert store.paths() == ["a", "b"]
    assert store.read("a") == b"good"
    spoil(store)
    store.put("bad", condition=lambda found: found is None)
    spoil(store)
    store.delete("a")
    assert store.paths() == ["b", "bad"]


def test_a_branch_with_nothing_but_an_error_is_empty_and_is_written_to(store):
    spoil(store)
    assert store.paths() == []
    store.put("a")
    assert store.paths() == ["a"]


def test_the_branch_of_a_pipeline_is_not_deleted_but_by_the_pipeline(store):
    """PFS itself deletes the branch, and leaves a pipeline without its output."""
    name = f"pipe{store.branch.repo}"
    spec = pb.Branch(name="master", repo=pb.Repo(name=name, type="spec", project=pb.Project(name="default")))
    output = Branch(name, "master")
    store.pfs._client.call("CreateRepo", pb.CreateRepoRequest(repo=spec.repo))
    store.pfs._client.call("CreateBranch", pb.CreateBranchRequest(branch=spec))
    request = pb.CreateRepoRequest(repo=branch_message(output).repo)
    store.pfs._client.call("CreateRepo", request)
    request = pb.CreateBranchRequest(
        branch=branch_message(output), provenance=[branch_message(store.branch), spec]
    )
    store.pfs._client.call("CreateBranch", request)
    try:
        for with_files in (False, True):
            with pytest.raises(BranchInUse, match="pachctl delete pipeline"):
                store.pfs.delete_branch(output, with_files=with_files)
        assert store.pfs.inspect_branch(output).head
    finally:
        for repo in (branch_message(output).repo, spec.repo):
            store.pfs._client.call("DeleteRepo", pb.DeleteRepoRequest(repo=repo, force=True))


def test_a_conditional_write_of_another_gateway_is_waited_for_by_delete_bucket(store):
    start(store, OURS)
    threading.Timer(0.3, finish, (store,)).start()
    store.pfs.delete_branch(store.branch)


def test_a_bucket_with_an_open_head_over_s3(store, output, gateway):
    client = gateway.boto3()
    job(output, **{"d/a": b"old", "d/b": b"old"})
    finish(output)
    for number in range(2):
        assert gateway.request("PUT", f"/master.repo/{number}", b"x").status == 200
    job(output, **{"d/a": b"half"})
    begun = time.monotonic()
    assert gateway.request("GET", "/master.out/d/a").body == b"old"
    assert gateway.request("HEAD", "/master.out/d/a").headers["content-length"] == "3"
    page = client.list_objects_v2(Bucket="master.out", MaxKeys=1)
    rest = client.list_objects_v2(Bucket="master.out", ContinuationToken=page["NextContinuationToken"])
    assert [item["Key"] for item in page["Contents"] + rest["Contents"]] == ["d/a", "d/b"]
    versions = client.list_object_versions(Bucket="master.out")
    assert [item["Key"] for item in versions["Versions"]] == ["d/a", "d/b"]
    refused = gateway.request("DELETE", "/master.out")
    assert (refused.status, refused.code) == (409, "InvalidBucketState")
    assert output.pfs.inspect_branch(output.branch).head in refused.element("Message")
    assert at_once(begun)
    finish(output)
    assert gateway.request("GET", "/master.out/d/a").body == b"half"
