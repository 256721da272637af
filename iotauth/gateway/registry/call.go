package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// call is a request for an operation, while it is served. The first thing in it that
// cannot be read is kept in err, and then nothing of the operation takes effect: an
// operation looks at err, by decode or by valid, before it changes anything.
type call struct {
	*plane
	request *http.Request
	labels  map[string]string
	body    []byte
	err     error
}

func (c *call) ctx() context.Context { return c.request.Context() }

func (c *call) fail(message string) {
	if c.err == nil {
		c.err = &Error{Code: serialization, Message: message}
	}
}

// decode reads the body, a JSON object, into what in points to; members that in does not
// have are passed over, as the service does.
func (c *call) decode(in any) error {
	if len(bytes.TrimSpace(c.body)) > 0 {
		if err := json.Unmarshal(c.body, in); err != nil {
			c.fail("the request's body is not the JSON of this operation: " + clip(err.Error()))
		}
	}
	return c.err
}

// query returns a parameter of the query, "" where it is not there.
func (c *call) query(name string) string { return c.request.URL.Query().Get(name) }

func (c *call) header(name string) string { return c.request.Header.Get(name) }

// flag returns a boolean of the query.
func (c *call) flag(name string) bool {
	switch text := c.query(name); strings.ToLower(text) {
	case "true":
		return true
	case "", "false":
		return false
	default:
		c.fail(name + " is true or false, not " + strconv.Quote(clip(text)))
		return false
	}
}

// number returns an integer of the query, 0 where it is not there.
func (c *call) number(name string) int64 {
	text := c.query(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		c.fail(name + " is a number, not " + strconv.Quote(clip(text)))
	}
	return n
}

// count is number for the size of a page, which is at least 1 where it is there.
func (c *call) count(name string) int {
	n := c.number(name)
	if n < 1 && c.query(name) != "" || n > MaxRuleResults {
		return -1 // a page refuses it
	}
	return int(n)
}

// tokens is the page of an operation that has nextToken and maxResults.
func (c *call) tokens() Page { return Page{Max: c.count("maxResults"), Token: c.query("nextToken")} }

// markers is the page of an operation that has marker and pageSize.
func (c *call) markers() Page { return Page{Max: c.count("pageSize"), Token: c.query("marker")} }

// dated is markers for a list in descending order, unless ascending is asked for.
func (c *call) dated() Page {
	p := c.markers()
	p.Descending = !c.flag("isAscendingOrder")
	return p
}

// fields is a JSON object of an answer. Members without a value are left out, see set.
type fields map[string]any

// set adds a member that has a value.
func (f fields) set(name, value string) fields {
	if value != "" {
		f[name] = value
	}
	return f
}

// timestamp is a time as the API's JSON has it: seconds since 1970, with milliseconds.
type timestamp time.Time

func (t timestamp) MarshalJSON() ([]byte, error) {
	ms := time.Time(t).UnixMilli()
	return strconv.AppendFloat(nil, float64(ms)/1000, 'f', -1, 64), nil
}

// each makes members of a list.
func each[T any](list []T, member func(T) any) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = member(v)
	}
	return out
}
