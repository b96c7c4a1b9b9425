"""Spark with S3A as it comes: partitions of any name, overwrite, append, renames, both committers."""

import json
import os
import sys

from pyspark.sql import Row, SparkSession, functions

url, bucket, jars = sys.argv[1:]
settings = {
    "spark.jars": jars,
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.hadoop.fs.s3a.endpoint": url,
    "spark.hadoop.fs.s3a.endpoint.region": "us-east-1",
    "spark.hadoop.fs.s3a.path.style.access": "true",
    "spark.hadoop.fs.s3a.access.key": os.environ["AWS_ACCESS_KEY_ID"],
    "spark.hadoop.fs.s3a.secret.key": os.environ["AWS_SECRET_ACCESS_KEY"],
}
builder = SparkSession.builder.master("local[2]")
for name, value in settings.items():
    builder = builder.config(name, value)
spark = builder.getOrCreate()
places = ["@ + ( é", "a b", "x=y/z", "50%"]
frame = spark.createDataFrame([Row(n=n, place=places[n % 4]) for n in range(1000)])
table = f"s3a://{bucket}/tables/t"


def count(where: str = "true") -> int:
    return spark.read.parquet(table).where(where).count()


frame.write.partitionBy("place").parquet(table)
assert count() == 1000
assert count("place = '@ + ( é'") == 250
frame.write.mode("overwrite").partitionBy("place").parquet(table)
assert count() == 1000
frame.write.mode("append").partitionBy("place").parquet(table)
assert count() == 2000
assert {row.place for row in spark.read.parquet(table).select("place").distinct().collect()} == set(places)

large = spark.range(3_000_000).withColumn("hash", functions.sha2(functions.col("id").cast("string"), 256))
large.coalesce(1).write.mode("overwrite").parquet(f"s3a://{bucket}/large")  # goes out in parts
assert spark.read.parquet(f"s3a://{bucket}/large").count() == 3_000_000
frame.write.mode("overwrite").option("header", True).csv(f"s3a://{bucket}/text")
assert spark.read.csv(f"s3a://{bucket}/text", header=True).count() == 1000

hadoop = spark._jsc.hadoopConfiguration()
hadoop.set("fs.s3a.committer.name", "magic")  # parts are uploaded by tasks, and completed by the job
frame.write.json(f"s3a://{bucket}/magic")
assert spark.read.json(f"s3a://{bucket}/magic").count() == 1000
jvm = spark._jvm
path = jvm.org.apache.hadoop.fs.Path
fs = path(table).getFileSystem(hadoop)
told = fs.open(path(f"s3a://{bucket}/magic/_SUCCESS"))
assert json.loads(jvm.org.apache.commons.io.IOUtils.toString(told, "UTF-8"))["committer"] == "magic"
told.close()
hadoop.set("fs.s3a.committer.name", "file")
folder = f"s3a://{bucket}/a/folder (é)"
assert fs.mkdirs(path(folder))
assert fs.getFileStatus(path(folder)).isDirectory()
assert fs.rename(path(f"s3a://{bucket}/large"), path(f"{folder}/renamed"))
assert spark.read.parquet(f"{folder}/renamed").count() == 3_000_000
assert not fs.exists(path(f"s3a://{bucket}/large"))
assert fs.delete(path(table), True)
assert not fs.exists(path(table))
spark.stop()
print("all done")
