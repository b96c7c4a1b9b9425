"""pyiceberg: a catalogue in SQLite, its data by PyArrow's FileIO."""

import os
import sys

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType, NestedField, StringType

url, bucket = sys.argv[1:]
catalog = SqlCatalog(
    "any",
    uri="sqlite:///catalogue.db",
    warehouse=f"s3://{bucket}/warehouse",
    **{
        "py-io-impl": "pyiceberg.io.pyarrow.PyArrowFileIO",
        "s3.endpoint": url,
        "s3.access-key-id": os.environ["AWS_ACCESS_KEY_ID"],
        "s3.secret-access-key": os.environ["AWS_SECRET_ACCESS_KEY"],
        "s3.region": "us-east-1",
    },
)
catalog.create_namespace("names")
table = catalog.create_table(
    "names.t",
    Schema(NestedField(1, "n", LongType()), NestedField(2, "place", StringType())),
    partition_spec=PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "place")),
)
places = ["a b", "@+(é", "c/d"]
rows = pa.table({"n": range(30_000), "place": [places[n % 3] for n in range(30_000)]})
table.append(rows)
first = table.current_snapshot().snapshot_id
table.append(rows)
table.delete("place = 'a b'")
assert table.scan().count() == 40_000
found = table.scan(row_filter="place = '@+(é'").to_arrow()
assert sorted(found["n"].to_pylist()) == sorted([*range(1, 30_000, 3)] * 2)
assert table.scan(snapshot_id=first).count() == 30_000
table.overwrite(rows)
assert catalog.load_table("names.t").scan().count() == 30_000
catalog.purge_table("names.t")
print("all done")
