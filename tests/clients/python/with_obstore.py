"""obstore: put, create-only put, get, ranges, head, list, delete."""

import os
import sys

import obstore
import s3fs
from obstore.exceptions import AlreadyExistsError, NotFoundError
from obstore.store import S3Store

url, bucket, profile = sys.argv[1:]
s3fs.S3FileSystem(endpoint_url=url).mkdir(bucket)
store = S3Store(  # with the keys and the region of the environment
    bucket,
    endpoint=url,
    virtual_hosted_style_request=False,
    client_options={"allow_http": True},
)
body = bytes(range(256)) * 1000
put = obstore.put(store, "dir/a", body, use_multipart=False)
assert obstore.head(store, "dir/a")["e_tag"] == put["e_tag"]
obstore.put(store, "lock", b"first", mode="create", use_multipart=False)
try:
    obstore.put(store, "lock", b"second", mode="create", use_multipart=False)
    raise SystemExit("a create-only put has overwritten")
except AlreadyExistsError:
    pass
obstore.put(store, "dir/a", body, mode={"e_tag": put["e_tag"]}, use_multipart=False)
assert bytes(obstore.get(store, "lock").bytes()) == b"first"
assert bytes(obstore.get(store, "dir/a").bytes()) == body
assert bytes(obstore.get_range(store, "dir/a", start=10, length=20)) == body[10:30]
assert [bytes(part) for part in obstore.get_ranges(store, "dir/a", starts=[0, 5000], lengths=[5, 5])] == [
    body[:5],
    body[5000:5005],
]
assert [entry["path"] for batch in obstore.list(store) for entry in batch] == ["dir/a", "lock"]
found = obstore.list_with_delimiter(store)
assert found["common_prefixes"] == ["dir"]
obstore.delete(store, ["dir/a", "lock"])
try:
    obstore.head(store, "lock")
    raise SystemExit("a deleted object is still there")
except (FileNotFoundError, NotFoundError):
    pass
if profile == "extended":
    body = os.urandom(20 << 20)
    obstore.put(store, "x/large (é)", body)  # goes out in parts
    obstore.copy(store, "x/large (é)", "x/copy")
    obstore.rename(store, "x/copy", "x/moved")
    assert bytes(obstore.get(store, "x/moved").bytes()) == body
    with obstore.open_writer(store, "x/written", attributes={"Content-Type": "text/x"}) as file:
        file.write(body)
    assert obstore.head(store, "x/written")["size"] == len(body)
    assert [entry["path"] for batch in obstore.list(store) for entry in batch] == [
        "x/large (é)",
        "x/moved",
        "x/written",
    ]
print("all done")
