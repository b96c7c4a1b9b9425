// The AWS SDK for JavaScript v3, with the checksums that it sends by default.
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import * as s3 from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

// with the keys of the environment
const client = new s3.S3Client({
  endpoint: process.env.S3GW_ENDPOINT,
  region: "us-east-1",
  forcePathStyle: true,
});
const send = (name, input) => client.send(new s3[`${name}Command`](input));
const Bucket = "js.sdk";

await send("CreateBucket", { Bucket });
const body = Buffer.alloc(300_000, "abc");
const put = await send("PutObject", { Bucket, Key: "dir/a", Body: body, Metadata: { a: "b" } });
const got = await send("GetObject", { Bucket, Key: "dir/a" });
assert.deepEqual(Buffer.from(await got.Body.transformToByteArray()), body);
assert.equal(got.ETag, put.ETag);

// A stream goes out in aws-chunked framing with a trailing checksum.
await send("PutObject", { Bucket, Key: "streamed", Body: Readable.from([body, body]), ContentLength: 600_000 });
const streamed = await send("GetObject", { Bucket, Key: "streamed" });
assert.deepEqual(Buffer.from(await streamed.Body.transformToByteArray()), Buffer.concat([body, body]));

for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"]) {
  await send("PutObject", { Bucket, Key: "sum", Body: body, ChecksumAlgorithm });
}
const head = await send("HeadObject", { Bucket, Key: "sum" });
assert.equal(head.ContentLength, body.length);
const part = await send("GetObject", { Bucket, Key: "sum", Range: "bytes=1-3" });
assert.equal(await part.Body.transformToString(), "bca");

// What presigns has no body yet, and whoever uploads sends one.
const presigned = await getSignedUrl(client, new s3.PutObjectCommand({ Bucket, Key: "streamed" }));
assert.equal((await fetch(presigned, { method: "PUT", body })).status, 200);
assert.equal((await send("HeadObject", { Bucket, Key: "streamed" })).ContentLength, body.length);

const keys = [];
for await (const page of s3.paginateListObjectsV2({ client, pageSize: 1 }, { Bucket })) {
  keys.push(...page.Contents.map((entry) => entry.Key));
}
assert.deepEqual(keys, ["dir/a", "streamed", "sum"]);
await assert.rejects(send("HeadObject", { Bucket, Key: "missing" }), { name: "NotFound" });
await assert.rejects(send("PutObject", { Bucket, Key: "sum", Body: "x", IfNoneMatch: "*" }), { name: "PreconditionFailed" });
if (process.env.S3GW_PROFILE === "classic") {
  await assert.rejects(send("GetObjectTagging", { Bucket, Key: "sum" }), { name: "NotImplemented" });
} else {
  const large = Buffer.alloc(20 << 20, "0123456789");
  const params = { Bucket, Key: "x/large (é)", Body: Readable.from([large]), Metadata: { a: "b" } };
  const uploaded = await new Upload({ client, params }).done(); // of a length that it does not know
  await send("CopyObject", { Bucket, Key: "x/copy", CopySource: `${Bucket}/${encodeURIComponent(params.Key)}` });
  const copied = await send("GetObject", { Bucket, Key: "x/copy", ChecksumMode: "ENABLED" });
  assert.equal(Buffer.compare(Buffer.from(await copied.Body.transformToByteArray()), large), 0);
  const found = await send("HeadObject", { Bucket, Key: params.Key, VersionId: uploaded.VersionId });
  assert.deepEqual([found.ContentLength, found.ETag], [large.length, uploaded.ETag]);
  keys.push("x/copy", "x/large (é)");
}
const deleted = await send("DeleteObjects", { Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } });
assert.equal(deleted.Deleted.length, keys.length);
await send("DeleteBucket", { Bucket });
console.log("all done");
