package gateway

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// mostBodies bounds what the bodies of requests that are not answered yet take in memory,
// in bytes.
const mostBodies = 128 << 20

// readBody reads the body as far as it may be a payload, and puts it into the request once
// more. What it read counts until the caller calls release.
func (e *exchange) readBody() (payload []byte, release func(), err error) {
	counted := &countedBody{all: &e.g.bodies}
	if e.r.Body == nil || e.r.Body == http.NoBody {
		return nil, counted.release, nil
	}
	most := int64(e.g.limits.Payload)
	if e.r.ContentLength > most {
		return nil, counted.release, errTooLarge
	}
	var b bytes.Buffer
	counted.Reader = io.LimitReader(e.r.Body, most+1)
	if _, err := b.ReadFrom(counted); err != nil {
		var known *refusal
		if errors.As(err, &known) {
			return nil, counted.release, known
		}
		return nil, counted.release, badRequest("the body could not be read to its end", err)
	}
	if int64(b.Len()) > most {
		return nil, counted.release, errTooLarge
	}
	_ = e.control.SetReadDeadline(time.Time{}) // an authorizer may take its time
	e.r.Body = io.NopCloser(bytes.NewReader(b.Bytes()))
	return b.Bytes(), counted.release, nil
}

// countedBody counts what is read of all bodies together.
type countedBody struct {
	io.Reader
	all  *atomic.Int64
	held int64
}

func (c *countedBody) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.held += int64(n)
	if c.all.Add(int64(n)) > mostBodies {
		return n, errTooMany
	}
	return n, err
}

func (c *countedBody) release() { c.all.Add(-c.held) }
