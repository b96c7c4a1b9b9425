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
func signer(host string) func(method, path, query string) string {
	now := time.Now().UTC()
	stamp, day := now.Format("20060102T150405Z"), now.Format("20060102")
	scope := day + "/" + region + "/s3/aws4_request"
	signingKey := []byte("AWS4" + *secret)
	for _, part := range strings.Split(scope, "/") {
		signingKey = mac(signingKey, part)
	}
	var header, canonicalSource, nameOfSource string
	if *source != "" { // S3 wants the signature to cover it
		header = "x-amz-copy-source: " + *source + "\r\n"
		canonicalSource, nameOfSource = "x-amz-copy-source:"+*source+"\n", "x-amz-copy-source;"
	}
	names := "host;x-amz-content-sha256;" + nameOfSource + "x-amz-date"
	return func(method, path, query string) string {
		line := path
		if query != "" {
			line += "?" + query
		}
		start := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\n%s", method, line, host, header)
		if *access == "" {
			return start
		}
		if query != "" && !strings.Contains(query, "=") {
			query += "="
		}
		canonical := fmt.Sprintf("%s\n%s\n%s\nhost:%s\nx-amz-content-sha256:UNSIGNED-PAYLOAD\n%sx-amz-date:%s\n\n"+
			"%s\nUNSIGNED-PAYLOAD", method, path, query, host, canonicalSource, stamp, names)
		digest := sha256.Sum256([]byte(canonical))
		signed := fmt.Sprintf("AWS4-HMAC-SHA256\n%s\n%s\n%x", stamp, scope, digest)
		return start + fmt.Sprintf("x-amz-content-sha256: UNSIGNED-PAYLOAD\r\nx-amz-date: %s\r\n"+
			"Authorization: AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s\r\n",
			stamp, *access, scope, names, hex.EncodeToString(mac(signingKey, signed)))
	}
}

func mac(key []byte, text string) []byte {
	hash := hmac.New(sha256.New, key)
	hash.Write([]byte(text))
	return hash.Sum(nil)
}
