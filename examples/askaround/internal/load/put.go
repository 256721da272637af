package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// put is an answer to give, and what became of it.
type put struct {
	question int // index of the question
	request  []byte
	due      time.Time     // when it was to be sent: a late sender must not flatter the server
	took     time.Duration // from due to the answer's end
	status   int           // 0 while it is not answered
}

// newPut returns an answer of whose token it is.
func newPut(host, question, token string, index, halfStars int) put {
	body := fmt.Sprintf(`{"stars":%g}`, float64(halfStars)/2)
	return put{question: index, request: fmt.Appendf(nil,
		"PUT /questions/%s/answer HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		question, host, token, len(body), body)}
}

// senders is how many connections the answers come by.
const senders = 128

// send sends puts at a steady rate, whether the server keeps up or not, and returns when
// all are answered.
func send(host string, puts []put, rate int) error {
	due := make(chan *put, len(puts))
	var group sync.WaitGroup
	errs := make(chan error, senders)
	for range senders {
		group.Go(func() {
			if err := sendOver(host, due); err != nil {
				errs <- err
			}
		})
	}
	begun := time.Now()
	for i := range puts {
		puts[i].due = begun.Add(time.Duration(i) * time.Second / time.Duration(rate))
		if wait := time.Until(puts[i].due); wait > 0 {
			time.Sleep(wait)
		}
		due <- &puts[i]
	}
	close(due)
	group.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// sendOver sends what is due over one connection.
func sendOver(host string, due <-chan *put) error {
	c, err := net.Dial("tcp", host)
	if err != nil {
		return err
	}
	defer c.Close()
	r := responses{bufio.NewReaderSize(c, 1<<10)}
	for p := range due {
		if _, err := c.Write(p.request); err != nil {
			return err
		}
		status, err := r.next()
		if err != nil {
			return err
		}
		p.took, p.status = time.Since(p.due), status
	}
	return nil
}

// responses reads responses that have a length, and of them the status alone: to understand
// all of it would take as long as to make it.
type responses struct{ in *bufio.Reader }

var errResponse = errors.New("a response without status or length")

// next reads a response to its end.
func (r responses) next() (status int, err error) {
	line, err := r.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	const behindStatus = len("HTTP/1.1 202")
	if len(line) < behindStatus {
		return 0, errResponse
	}
	if status, err = strconv.Atoi(string(line[behindStatus-3 : behindStatus])); err != nil {
		return 0, errResponse
	}
	length := -1
	for len(bytes.TrimRight(line, "\r\n")) > 0 {
		if line, err = r.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, errResponse
			}
		}
	}
	if length < 0 {
		return 0, errResponse
	}
	_, err = r.in.Discard(length)
	return status, err
}

// hostOf is the host of a URL of this machine.
func hostOf(url string) string { return strings.TrimPrefix(url, "http://") }
