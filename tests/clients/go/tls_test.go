package minio

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// TestOverTLS asks a proxy on this machine, whatever its name: an address has paths, a name hosts of buckets.
func TestOverTLS(t *testing.T) {
	authority := os.Getenv("S3GW_AUTHORITY")
	if authority == "" {
		t.Skip("S3GW_AUTHORITY names no certificate")
	}
	trusted, err := os.ReadFile(authority)
	check(t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(trusted)
	_, port, err := net.SplitHostPort(os.Getenv("S3GW_ENDPOINT"))
	check(t, err)
	lookup, bucket := minio.BucketLookupPath, "go.tls"
	if !strings.HasPrefix(os.Getenv("S3GW_ENDPOINT"), "127.") {
		lookup, bucket = minio.BucketLookupDNS, "go.images"
	}
	hosts := map[string]bool{}
	c := client(t, &minio.Options{
		Creds:           credentials.NewStaticV4(accessKey, secret, ""),
		Secure:          true,
		BucketLookup:    lookup,
		TrailingHeaders: true,
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool},
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				hosts[address] = true
				return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
			},
		},
	})
	ctx := context.Background()
	check(t, c.MakeBucket(ctx, bucket, minio.MakeBucketOptions{}))
	body := bytes.Repeat([]byte("0123456789abcdef"), 20<<16)
	for key, size := range map[string]int64{"small": 100_000, "dir/@+( é": int64(len(body))} {
		_, err := c.PutObject(ctx, bucket, key, bytes.NewReader(body[:size]), size, minio.PutObjectOptions{})
		check(t, err)
		object, err := c.GetObject(ctx, bucket, key, minio.GetObjectOptions{})
		check(t, err)
		got, err := io.ReadAll(object)
		check(t, err)
		if !bytes.Equal(got, body[:size]) {
			t.Fatalf("%s is not what was put", key)
		}
		check(t, c.RemoveObject(ctx, bucket, key, minio.RemoveObjectOptions{}))
	}
	check(t, c.RemoveBucket(ctx, bucket))
	if lookup == minio.BucketLookupDNS && !hosts[bucket+"."+os.Getenv("S3GW_ENDPOINT")] {
		t.Fatalf("the bucket was in no host: %v", hosts)
	}
}
