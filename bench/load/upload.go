package main

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Upload sends one object in parts over many connections, and completes it. The upload is begun, and all
// is signed, before the clock starts. Where its parts alone are to be sent (-begin), or are there (-upload),
// the rest of it is left out.
func upload(base *url.URL) map[string]any {
	path, sign := base.Path+"/"+key(0), signer(base.Host)
	content := random(block)
	connection := &connection{address: base.Host, content: content}
	defer connection.close()
	id, err := *uploadID, error(nil)
	var parts []request
	if id == "" {
		if id, err = begin(connection, sign("POST", path, "uploads")); err != nil {
			return outcome(0, 0, err)
		}
		for number := range int(*size / *part) {
			query := fmt.Sprintf("partNumber=%d&uploadId=%s", number+1, url.QueryEscape(id))
			head := sign("PUT", path, query) + fmt.Sprintf("Content-Length: %d\r\n\r\n", *part)
			parts = append(parts, request{[]byte(head), *part})
		}
	}
	last := completion(sign("POST", path, "uploadId="+url.QueryEscape(id)), content)

	began := time.Now()
	err = send(base.Host, content, parts)
	if err == nil && !*beginOnly {
		err = succeed(connection, last)
	}
	told := outcome(1, time.Since(began).Seconds(), err)
	told["upload"] = id
	return told
}

// Begin begins an upload and gives its id.
func begin(connection *connection, head string) (string, error) {
	answer, err := connection.exchange(request{bytes: []byte(head + "Content-Length: 0\r\n\r\n")}, true)
	if err != nil {
		return "", err
	}
	id := between(string(answer.body), "UploadId")
	if id == "" {
		return "", fmt.Errorf("no upload: status %d %s", answer.status, code(string(answer.body)))
	}
	return id, nil
}

// Completion asks for all parts; they have the same bytes, so the same ETag.
func completion(head string, content []byte) request {
	digest := md5.New()
	for left := *part; left > 0; left -= int64(len(content)) {
		digest.Write(content[:min(left, int64(len(content)))])
	}
	etag := hex.EncodeToString(digest.Sum(nil))
	var list strings.Builder
	for number := range int(*size / *part) {
		fmt.Fprintf(&list, "<Part><PartNumber>%d</PartNumber><ETag>\"%s\"</ETag></Part>", number+1, etag)
	}
	body := "<CompleteMultipartUpload>" + list.String() + "</CompleteMultipartUpload>"
	return request{bytes: fmt.Appendf(nil, "%sContent-Length: %d\r\n\r\n%s", head, len(body), body)}
}

// Send sends requests over all connections, each once; the first error is told.
func send(address string, content []byte, requests []request) error {
	var next atomic.Int64
	var group sync.WaitGroup
	failures := make(chan error, *connections)
	for range min(*connections, len(requests)) {
		group.Go(func() {
			connection := &connection{address: address, content: content}
			defer connection.close()
			for {
				number := int(next.Add(1) - 1)
				if number >= len(requests) {
					return
				}
				if err := succeed(connection, requests[number]); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(failures)
	return <-failures
}

// Succeed makes a request and tells what is wrong with its answer: a completion may fail behind a status
// of 200.
func succeed(connection *connection, r request) error {
	answer, err := connection.exchange(r, true)
	if err != nil {
		return err
	}
	if answer.status/100 != 2 || strings.Contains(string(answer.body), "<Error>") {
		return fmt.Errorf("status %d %s", answer.status, code(string(answer.body)))
	}
	return nil
}

func outcome(requests int, seconds float64, err error) map[string]any {
	failed, text := 0, ""
	if err != nil {
		requests, failed, text = 0, 1, err.Error()
	}
	return map[string]any{"requests": requests, "seconds": seconds, "bytes": 0, "errors": failed, "problem": text,
		"entries": 0, "p50_ms": 0, "p99_ms": 0}
}
