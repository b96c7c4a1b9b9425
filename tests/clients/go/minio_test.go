// Package minio tries the eleven calls of the contract with minio-go, and what extended adds to them.
package minio

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

var accessKey, secret = os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY")

func client(t *testing.T, options *minio.Options) *minio.Client {
	t.Helper()
	endpoint := os.Getenv("S3GW_ENDPOINT")
	if endpoint == "" {
		t.Skip("S3GW_ENDPOINT names no gateway")
	}
	found, err := minio.New(endpoint, options)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestElevenCalls(t *testing.T) {
	for name, options := range map[string]*minio.Options{
		"go.v4":        {Creds: credentials.NewStaticV4(accessKey, secret, "")},
		"go.v2":        {Creds: credentials.NewStaticV2(accessKey, secret, "")},
		"go.anonymous": {},
		"go.trailing":  {Creds: credentials.NewStaticV4(accessKey, secret, ""), TrailingHeaders: true},
	} {
		if options.Creds == nil && os.Getenv("S3GW_PROFILE") == "extended" {
			continue // there it would be asked who it is
		}
		t.Run(name, func(t *testing.T) { elevenCalls(t, name, client(t, options)) })
	}
}

func elevenCalls(t *testing.T, bucket string, c *minio.Client) {
	ctx := context.Background()
	exists, err := c.BucketExists(ctx, bucket)
	check(t, err)
	if exists {
		t.Fatal("the bucket is there before it is made")
	}
	check(t, c.MakeBucket(ctx, bucket, minio.MakeBucketOptions{}))
	exists, err = c.BucketExists(ctx, bucket)
	check(t, err)
	buckets, err := c.ListBuckets(ctx)
	check(t, err)
	listed := false
	for _, found := range buckets {
		listed = listed || found.Name == bucket
	}
	if !exists || !listed {
		t.Fatal("the bucket was made and is not there")
	}

	body := bytes.Repeat([]byte("0123456789abcdef"), 65536)
	put, err := c.PutObject(ctx, bucket, "dir/a", bytes.NewReader(body), int64(len(body)), minio.PutObjectOptions{
		UserMetadata: map[string]string{"a": "b"},
	})
	check(t, err)
	stat, err := c.StatObject(ctx, bucket, "dir/a", minio.StatObjectOptions{})
	check(t, err)
	if stat.Size != int64(len(body)) || stat.ETag != put.ETag {
		t.Fatalf("stat: %+v", stat)
	}
	object, err := c.GetObject(ctx, bucket, "dir/a", minio.GetObjectOptions{})
	check(t, err)
	got, err := io.ReadAll(object)
	check(t, err)
	if !bytes.Equal(got, body) {
		t.Fatal("what was put is not what was got")
	}
	part := make([]byte, 16)
	_, err = object.ReadAt(part, 1600)
	check(t, err)
	if string(part) != "0123456789abcdef" {
		t.Fatalf("a range: %q", part)
	}

	folder := t.TempDir()
	source, target := filepath.Join(folder, "source"), filepath.Join(folder, "target")
	check(t, os.WriteFile(source, body[:70000], 0o600))
	_, err = c.FPutObject(ctx, bucket, "file", source, minio.PutObjectOptions{})
	check(t, err)
	check(t, c.FGetObject(ctx, bucket, "file", target, minio.GetObjectOptions{}))
	got, err = os.ReadFile(target)
	check(t, err)
	if !bytes.Equal(got, body[:70000]) {
		t.Fatal("a file came back changed")
	}

	for _, v1 := range []bool{true, false} {
		names := ""
		for entry := range c.ListObjects(ctx, bucket, minio.ListObjectsOptions{Recursive: true, UseV1: v1, MaxKeys: 1}) {
			check(t, entry.Err)
			names += entry.Key + " "
		}
		if names != "dir/a file " {
			t.Fatalf("the listing: %s", names)
		}
	}
	if minio.ToErrorResponse(c.RemoveBucket(ctx, bucket)).Code != "BucketNotEmpty" {
		t.Fatal("a bucket with files was removed")
	}
	for _, name := range []string{"dir/a", "file", "missing"} {
		check(t, c.RemoveObject(ctx, bucket, name, minio.RemoveObjectOptions{}))
	}
	_, err = c.StatObject(ctx, bucket, "file", minio.StatObjectOptions{})
	if minio.ToErrorResponse(err).Code != "NoSuchKey" {
		t.Fatalf("a removed object: %v", err)
	}
	check(t, c.RemoveBucket(ctx, bucket))
}

func TestExtended(t *testing.T) {
	if os.Getenv("S3GW_PROFILE") != "extended" {
		t.Skip("the gateway has another profile")
	}
	ctx := context.Background()
	c := client(t, &minio.Options{Creds: credentials.NewStaticV4(accessKey, secret, "")})
	bucket, key := "go.extended", "dir/@+( é"
	check(t, c.MakeBucket(ctx, bucket, minio.MakeBucketOptions{}))
	body := bytes.Repeat([]byte("0123456789abcdef"), 20<<16)
	put, err := c.PutObject(ctx, bucket, key, bytes.NewReader(body), int64(len(body)), minio.PutObjectOptions{})
	check(t, err)
	_, err = c.PutObject(ctx, bucket, "unknown", bytes.NewReader(body), -1, minio.PutObjectOptions{PartSize: 5 << 20})
	check(t, err)
	source := minio.CopySrcOptions{Bucket: bucket, Object: key, VersionID: put.VersionID}
	_, err = c.CopyObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: "copy"}, source)
	check(t, err)
	_, err = c.ComposeObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: "joined"}, source, source)
	check(t, err)
	check(t, c.RemoveObject(ctx, bucket, key, minio.RemoveObjectOptions{}))
	for name, times := range map[string]int{"unknown": 1, "copy": 1, "joined": 2} {
		object, err := c.GetObject(ctx, bucket, name, minio.GetObjectOptions{})
		check(t, err)
		got, err := io.ReadAll(object)
		check(t, err)
		if !bytes.Equal(got, bytes.Repeat(body, times)) {
			t.Fatalf("%s is not what was put", name)
		}
	}
	versions := 0
	for entry := range c.ListObjects(ctx, bucket, minio.ListObjectsOptions{Prefix: "dir/", Recursive: true, WithVersions: true}) {
		check(t, entry.Err)
		if entry.IsDeleteMarker != entry.IsLatest || entry.Key != key {
			t.Fatalf("a version: %+v", entry)
		}
		versions++
	}
	if versions != 2 {
		t.Fatalf("%d versions", versions)
	}
	removed := make(chan minio.ObjectInfo)
	go func() {
		defer close(removed)
		for entry := range c.ListObjects(ctx, bucket, minio.ListObjectsOptions{Recursive: true}) {
			removed <- entry
		}
	}()
	for failed := range c.RemoveObjects(ctx, bucket, removed, minio.RemoveObjectsOptions{}) {
		t.Fatal(failed.Err)
	}
	check(t, c.RemoveBucket(ctx, bucket))
}
