"""s3fs: files and folders as in a file system."""

import os
import sys

import s3fs

url, bucket, profile = sys.argv[1:]
fs = s3fs.S3FileSystem(endpoint_url=url)  # with the keys and the region of the environment
fs.mkdir(bucket)
with fs.open(f"{bucket}/dir/a.txt", "wb") as file:
    file.write(b"hello " * 1000)
fs.pipe_file(f"{bucket}/b", b"b")
try:  # If-None-Match; it tells what failed by the Condition of the answer
    fs.pipe_file(f"{bucket}/b", b"again", mode="create")
except FileExistsError:
    assert fs.cat_file(f"{bucket}/b") == b"b"
else:
    raise AssertionError("a file was created although it was there")
with fs.open(f"{bucket}/dir/a.txt", "rb") as file:
    file.seek(6)
    assert file.read(5) == b"hello"
assert fs.cat_file(f"{bucket}/dir/a.txt", start=0, end=5) == b"hello"
assert fs.info(f"{bucket}/dir/a.txt")["size"] == 6000
assert fs.isdir(f"{bucket}/dir")
assert fs.ls(bucket, detail=False) == [f"{bucket}/b", f"{bucket}/dir"]
assert fs.find(bucket) == [f"{bucket}/b", f"{bucket}/dir/a.txt"]
assert fs.glob(f"{bucket}/*/*.txt") == [f"{bucket}/dir/a.txt"]
if profile == "extended":
    body = os.urandom(20 << 20)
    with fs.open(f"{bucket}/x/large (é)", "wb", block_size=5 << 20) as file:  # goes out in parts
        file.write(body)
    fs.copy(f"{bucket}/x/large (é)", f"{bucket}/x/copy")
    fs.mv(f"{bucket}/x/copy", f"{bucket}/x/moved")
    fs.mkdirs(f"{bucket}/x/folder")
    fs.touch(f"{bucket}/x/folder/")
    assert fs.cat_file(f"{bucket}/x/moved") == body
    assert fs.find(f"{bucket}/x", withdirs=False) == [
        f"{bucket}/x/folder/",
        f"{bucket}/x/large (é)",
        f"{bucket}/x/moved",
    ]
    with fs.open(f"{bucket}/x/moved", "ab") as file:
        file.write(b"tail")
    assert fs.cat_file(f"{bucket}/x/moved") == body + b"tail"
fs.rm(bucket, recursive=True)
fs.invalidate_cache()
assert not fs.exists(f"{bucket}/b")
print("all done")
