package gateway

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// FuzzWhatIsShown: requests of which the same is shown are the same, but for what is about
// the message. Otherwise one client could be given what an authorizer said of another.
func FuzzWhatIsShown(f *testing.F) {
	f.Add("X-A", "1", "qos=1&a=b", "a.example", "X-A", "1", "a=b", "a.example")
	f.Add("X-A", "1\nX-B:2", "", "", "X-A", "1", "", "")
	f.Add("X-A", "", "x", "a\nx", "X-A", "", "", "a\nx")
	f.Add("QoS", "1", "%71os=1", "", "Content-Length", "5", "&&", "")
	f.Fuzz(func(t *testing.T, name1, value1, query1, host1, name2, value2, query2, host2 string) {
		one := &http.Request{Host: host1, URL: &url.URL{RawQuery: query1}, Header: http.Header{name1: {value1}, "Token": {"x"}}}
		two := &http.Request{Host: host2, URL: &url.URL{RawQuery: query2}, Header: http.Header{name2: {value2}, "Token": {"x"}}}
		if whatIsShown(one) != whatIsShown(two) {
			return
		}
		if one.Host != two.Host || !maps.EqualFunc(who(one.Header), who(two.Header), slices.Equal) || !slices.Equal(whoAsks(query1), whoAsks(query2)) {
			t.Errorf("the same is shown of %q %q %v and of %q %q %v", host1, query1, one.Header, host2, query2, two.Header)
		}
	})
}

// who is a header without what is about the message.
func who(h http.Header) http.Header {
	h = h.Clone()
	maps.DeleteFunc(h, func(name string, _ []string) bool { return aboutTheMessage[strings.ToLower(name)] })
	return h
}

// whoAsks are a query's parameters without those about the message.
func whoAsks(query string) []string {
	return slices.DeleteFunc(strings.Split(query, "&"), func(pair string) bool {
		key, _, _ := strings.Cut(pair, "=")
		return aboutTheMessage[strings.ToLower(key)]
	})
}
