// Load sends one kind of request over many connections and prints what came back, as JSON. It shares
// the machine with the server that it measures, so it must cost little: every request is built and
// signed before the clock starts, and an answer is read without keeping it.
package main

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	target      = flag.String("url", "", "http://host:port/bucket")
	access      = flag.String("access", "", "access key; requests are signed where it is given")
	secret      = flag.String("secret", "", "secret key")
	method      = flag.String("method", "GET", "")
	query       = flag.String("query", "", "of a request for the bucket, encoded and sorted; without it a key is meant")
	connections = flag.Int("connections", 1, "")
	seconds     = flag.Float64("seconds", 3600, "begin no request after this, but for the first")
	count       = flag.Int("count", 0, "send so many requests, in order; 0: keys at random until the time is up")
	keys        = flag.Int("keys", 1, "how many keys there are: f00/000000 and so on")
	from        = flag.Int("from", 0, "the number of the first of them")
	step        = flag.Int("step", 1, "from the number of one of them to that of the next")
	seed        = flag.Uint64("seed", 2, "of the content: another one gives other bytes")
	size        = flag.Int64("size", 0, "bytes of an object")
	length      = flag.Int64("range", 0, "read so many bytes of the object, at random offsets")
	last        = flag.Bool("last", false, "read the last -range bytes")
	batch       = flag.Int("batch", 0, "delete so many keys with each request, a DeleteObjects")
	part        = flag.Int64("part", 0, "send one object, in parts of so many bytes, once")
	beginOnly   = flag.Bool("begin", false, "with -part: do not complete it; its id is printed")
	uploadID    = flag.String("upload", "", "with -part: complete this upload, whose parts are there")
	source      = flag.String("source", "", "copy this, /bucket/key, instead of sending bytes")
	pause       = flag.Duration("pause", 0, "wait so long after each answer")
)

const (
	block   = 1 << 20 // longer bodies are sent in blocks, not kept with their request
	offsets = 256     // ranges to choose from
)

// A request is what goes over the wire: its bytes, then so many bytes of content.
type request struct {
	bytes  []byte
	stream int64
}

func main() {
	flag.Parse()
	base, err := url.Parse(*target)
	if err != nil {
		log.Fatal(err)
	}
	if *part > 0 {
		_ = json.NewEncoder(os.Stdout).Encode(upload(base))
		return
	}
	requests := build(base)
	content := random(block)

	var stopped atomic.Bool // SIGTERM ends the requests, not the program: what it has seen counts
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		<-stop
		stopped.Store(true)
	}()

	var next, failed, received atomic.Int64
	took := make([][]time.Duration, *connections)
	var problem sync.Once
	var text string
	var entries int
	began := time.Now()
	var group sync.WaitGroup
	for index := range *connections {
		group.Go(func() {
			connection := &connection{address: base.Host, content: content, head: *method == "HEAD"}
			defer connection.close()
			for {
				number := int(next.Add(1) - 1)
				late := number > 0 && time.Since(began).Seconds() > *seconds
				if late || stopped.Load() || *count > 0 && number >= *count {
					return
				}
				first := number == 0
				if *count == 0 { // no two connections write the same key
					share := max(1, len(requests) / *connections)
					number = index + *connections*rand.IntN(share)
				}
				sent := time.Now()
				answer, err := connection.exchange(requests[number%len(requests)], first && (*query != "" || *source != ""))
				elapsed := time.Since(sent)
				received.Add(answer.size)
				if err == nil && answer.status/100 != 2 {
					err = fmt.Errorf("status %d %s", answer.status, code(string(answer.body)))
				}
				if err == nil && first {
					page := string(answer.body)
					entries = strings.Count(page, "<Key>") + strings.Count(page, "<CommonPrefixes>")
					if strings.Contains(page, "<Error>") { // of a DeleteObjects
						err = fmt.Errorf("in the answer: %s", code(page))
					}
				}
				if err != nil {
					failed.Add(1)
					problem.Do(func() { text = err.Error() })
				} else {
					took[index] = append(took[index], elapsed)
				}
				time.Sleep(*pause)
			}
		})
	}
	group.Wait()
	lasted := time.Since(began).Seconds()
	all := slices.Concat(took...)
	slices.Sort(all)
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{
		"requests": len(all), "seconds": lasted, "bytes": received.Load(), "errors": failed.Load(),
		"problem": text, "entries": entries, "p50_ms": percentile(all, 50), "p99_ms": percentile(all, 99),
	})
}

// Percentile gives how long the slowest of so many in a hundred took, in ms; 0 where there are none.
func percentile(sorted []time.Duration, percent int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)-1)*percent/100].Seconds() * 1000
}

// Build makes all requests that there are to choose from.
func build(base *url.URL) []request {
	sign := signer(base.Host)
	var requests []request
	switch {
	case *batch > 0:
		for first := 0; first < *keys; first += *batch {
			var names strings.Builder
			for number := first; number < min(first+*batch, *keys); number++ {
				fmt.Fprintf(&names, "<Object><Key>%s</Key></Object>", key(number))
			}
			body := "<Delete><Quiet>true</Quiet>" + names.String() + "</Delete>"
			digest := md5.Sum([]byte(body))
			head := sign(*method, base.Path, *query) + fmt.Sprintf("Content-Length: %d\r\nContent-MD5: %s\r\n\r\n",
				len(body), base64.StdEncoding.EncodeToString(digest[:]))
			requests = append(requests, request{bytes: []byte(head + body)})
		}
	case *query != "" || *keys == 0:
		requests = append(requests, request{bytes: []byte(sign(*method, base.Path, *query) + "Content-Length: 0\r\n\r\n")})
	case *length > 0:
		head := sign(*method, base.Path+"/"+key(0), "")
		for range offsets {
			start := rand.Int64N(*size - *length)
			if *last {
				start = *size - *length
			}
			ranged := fmt.Sprintf("%sRange: bytes=%d-%d\r\n\r\n", head, start, start+*length-1)
			requests = append(requests, request{bytes: []byte(ranged)})
		}
	default:
		var body []byte
		var stream int64
		if *method == "PUT" && *size < block {
			body = random(int(*size))
		} else if *method == "PUT" {
			stream = *size
		}
		for number := range *keys {
			head := sign(*method, base.Path+"/"+key(number), "")
			if *method == "PUT" {
				head += fmt.Sprintf("Content-Length: %d\r\n", *size)
			}
			requests = append(requests, request{append([]byte(head+"\r\n"), body...), stream})
		}
	}
	return requests
}

// Code finds what kind of error S3 tells of.
func code(body string) string {
	return between(body, "Code")
}

// Between gives the text of the first element of a name.
func between(body, name string) string {
	_, rest, _ := strings.Cut(body, "<"+name+">")
	found, _, _ := strings.Cut(rest, "</"+name+">")
	return found
}

func key(number int) string {
	return fmt.Sprintf("f00/%06d", *from+number**step)
}

func random(size int) []byte {
	source := rand.New(rand.NewPCG(1, *seed))
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(source.Uint32())
	}
	return data
}
