package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
)

// Connection speaks as much of HTTP/1.1 as S3 servers use, and stays open between requests. It takes
// two thirds of the CPU that net/http does, which leaves the cores to the servers.
type connection struct {
	address string
	content []byte // of bodies that are not kept with their request
	head    bool   // answers to HEAD have no body
	conn    net.Conn
	reader  *bufio.Reader
}

type answer struct {
	status int
	size   int64
	body   []byte // of an error, or where it was asked for
}

func (c *connection) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// Exchange sends a request and reads its answer to the end; keep asks for the body.
func (c *connection) exchange(r request, keep bool) (result answer, err error) {
	ends := true
	defer func() {
		if ends || err != nil {
			c.close()
		}
	}()
	if c.conn == nil {
		if c.conn, err = net.Dial("tcp", c.address); err != nil {
			return
		}
		c.reader = bufio.NewReaderSize(c.conn, 256<<10)
	}
	if _, err = c.conn.Write(r.bytes); err != nil {
		return
	}
	for left := r.stream; left > 0; left -= min(left, int64(len(c.content))) {
		if _, err = c.conn.Write(c.content[:min(left, int64(len(c.content)))]); err != nil {
			return
		}
	}
	var length int64
	var chunked bool
	if result.status, length, chunked, ends, err = c.readHead(); err != nil {
		return
	}
	keep = keep || result.status/100 != 2
	switch {
	case c.head || result.status == 204 || result.status == 304:
	case chunked:
		result.size, result.body, err = read(httputil.NewChunkedReader(c.reader), keep)
		for line := []byte("\r"); err == nil && len(line) > 0; { // the trailer
			line, err = c.readLine()
		}
	case length < 0:
		ends = true
		result.size, result.body, err = read(c.reader, keep)
	case keep:
		result.size, result.body, err = read(io.LimitReader(c.reader, length), true)
	default:
		var n int
		n, err = c.reader.Discard(int(length))
		result.size = int64(n)
	}
	return
}

// ReadHead reads the status line and what of the headers tells where the body ends.
func (c *connection) readHead() (status int, length int64, chunked, ends bool, err error) {
	length = -1
	line, err := c.readLine()
	if err != nil || len(line) < 12 {
		return 0, 0, false, true, errors.Join(errors.New("no answer"), err)
	}
	ends = bytes.HasPrefix(line, []byte("HTTP/1.0"))
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return
	}
	for {
		if line, err = c.readLine(); err != nil || len(line) == 0 {
			return
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return
			}
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = true
		case bytes.EqualFold(name, []byte("Connection")):
			ends = bytes.EqualFold(value, []byte("close"))
		}
	}
}

// ReadLine reads a line without its end; it is valid until the next read.
func (c *connection) readLine() ([]byte, error) {
	line, err := c.reader.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

func read(from io.Reader, keep bool) (int64, []byte, error) {
	if keep {
		body, err := io.ReadAll(from)
		return int64(len(body)), body, err
	}
	size, err := io.Copy(io.Discard, from)
	return size, nil, err
}
