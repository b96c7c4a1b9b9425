package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

const region = "us-east-1"

// Signer gives a function that begins a request for a path: all but the headers that no signature
// needs to cover. The signature is AWS's version 4; it is valid for a quarter of an hour.
func signer(host string) func(path, query string) string {
	now := time.Now().UTC()
	stamp, day := now.Format("20060102T150405Z"), now.Format("20060102")
	scope := day + "/" + region + "/s3/aws4_request"
	signingKey := []byte("AWS4" + *secret)
	for _, part := range strings.Split(scope, "/") {
		signingKey = mac(signingKey, part)
	}
	return func(path, query string) string {
		line := path
		if query != "" {
			line += "?" + query
		}
		start := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\n", *method, line, host)
		if *access == "" {
			return start
		}
		if query != "" && !strings.Contains(query, "=") {
			query += "="
		}
		canonical := fmt.Sprintf("%s\n%s\n%s\nhost:%s\nx-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-date:%s\n\n"+
			"host;x-amz-content-sha256;x-amz-date\nUNSIGNED-PAYLOAD", *method, path, query, host, stamp)
		digest := sha256.Sum256([]byte(canonical))
		signed := fmt.Sprintf("AWS4-HMAC-SHA256\n%s\n%s\n%x", stamp, scope, digest)
		return start + fmt.Sprintf("x-amz-content-sha256: UNSIGNED-PAYLOAD\r\nx-amz-date: %s\r\n"+
			"Authorization: AWS4-HMAC-SHA256 Credential=%s/%s, "+
			"SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=%s\r\n",
			stamp, *access, scope, hex.EncodeToString(mac(signingKey, signed)))
	}
}

func mac(key []byte, text string) []byte {
	hash := hmac.New(sha256.New, key)
	hash.Write([]byte(text))
	return hash.Sum(nil)
}
