// Load sends one kind of request over many connections for a while and prints how many were
// answered: {"requests": N, "seconds": S, "bytes": B, "errors": E}.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.left)
	clear(p[:n])
	z.left -= n
	return int(n), nil
}

func main() {
	url := flag.String("url", "", "http://host:port/bucket")
	method := flag.String("method", "GET", "GET, HEAD or PUT")
	query := flag.String("query", "", "what stands behind the ?, instead of a key")
	connections := flag.Int("connections", 8, "")
	seconds := flag.Float64("seconds", 3, "begin no request after this")
	count := flag.Int64("count", 0, "instead of seconds: so many requests, one for each key")
	keys := flag.Int64("keys", 1000, "keys are k/000000 and so on")
	size := flag.Int64("size", 1024, "of a PUT's body, in bytes")
	authorization := flag.String("authorization", "", "a header, for a server that wants to see one")
	flag.Parse()

	client := &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: *connections, DisableCompression: true,
		WriteBufferSize: 256 << 10, ReadBufferSize: 256 << 10,
	}}
	small := make([]byte, min(*size, 1<<20))
	var next, done, failed, received atomic.Int64
	began := time.Now()
	var group sync.WaitGroup
	for range *connections {
		group.Add(1)
		go func() {
			defer group.Done()
			for {
				number := next.Add(1) - 1
				if *count > 0 && number >= *count || *count == 0 && time.Since(began).Seconds() > *seconds {
					return
				}
				if *count == 0 {
					number = rand.Int64N(*keys)
				}
				target := fmt.Sprintf("%s/k/%06d", *url, number)
				if *query != "" {
					target = *url + "?" + *query
				}
				var body io.Reader
				if *method == "PUT" {
					body = bytes.NewReader(small)
					if *size > int64(len(small)) {
						body = &zeros{*size}
					}
				}
				request, err := http.NewRequest(*method, target, body)
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(2)
				}
				if *authorization != "" {
					request.Header.Set("Authorization", *authorization)
				}
				if body != nil {
					request.ContentLength = *size
				}
				answer, err := client.Do(request)
				if err != nil {
					failed.Add(1)
					continue
				}
				n, err := io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				received.Add(n)
				if err != nil || answer.StatusCode >= 300 {
					failed.Add(1)
				} else {
					done.Add(1)
				}
			}
		}()
	}
	group.Wait()
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{
		"requests": done.Load(), "seconds": time.Since(began).Seconds(),
		"bytes": received.Load(), "errors": failed.Load(),
	})
}
