package pump

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

// The rows follow the table of comparison operators of the Lambda Developer Guide,
// "Control which events Lambda sends to your function", and EventBridge's patterns.
func TestFilterPatterns(t *testing.T) {
	for _, tt := range []struct {
		name, pattern, event string
		want                 bool
	}{
		{"null", `{"UserID":[null]}`, `{"UserID":null}`, true},
		{"null is not absence", `{"UserID":[null]}`, `{}`, false},
		{"empty text", `{"LastName":[""]}`, `{"LastName":""}`, true},
		{"equal", `{"Name":["Alice"]}`, `{"Name":"Alice"}`, true},
		{"equal minds case", `{"Name":["Alice"]}`, `{"Name":"alice"}`, false},
		{"equal, ignoring case", `{"Name":[{"equals-ignore-case":"Alice"}]}`, `{"Name":"aLICE"}`, true},
		{"a number", `{"n":[100]}`, `{"n":1.0e2}`, true},
		{"a number is no text", `{"n":[100]}`, `{"n":"100"}`, false},
		{"a truth value", `{"b":[true]}`, `{"b":true}`, true},
		{"all fields", `{"a":["1"],"b":["2"]}`, `{"a":"1","b":"3"}`, false},
		{"one of the values", `{"PaymentType":["Credit","Debit"]}`, `{"PaymentType":"Debit"}`, true},
		{"one of the patterns", `{"$or":[{"Location":["New York"]},{"Day":["Monday"]}]}`, `{"Location":"Paris","Day":"Monday"}`, true},
		{"none of the patterns", `{"$or":[{"Location":["New York"]},{"Day":["Monday"]}]}`, `{"Location":"Paris"}`, false},
		{"one of the patterns and a field", `{"a":["1"],"$or":[{"b":["1"]},{"c":["1"]}]}`, `{"a":"2","b":"1"}`, false},
		{"anything but", `{"Weather":[{"anything-but":["Raining","Snowing"]}]}`, `{"Weather":"Sunny"}`, true},
		{"anything but this", `{"Weather":[{"anything-but":["Raining"]}]}`, `{"Weather":"Raining"}`, false},
		{"anything but, alone", `{"n":[{"anything-but":1}]}`, `{"n":2}`, true},
		{"anything but a prefix", `{"s":[{"anything-but":{"prefix":"init"}}]}`, `{"s":"initial"}`, false},
		{"anything but wants something", `{"Weather":[{"anything-but":["Raining"]}]}`, `{}`, false},
		{"equal numbers", `{"Price":[{"numeric":["=",100]}]}`, `{"Price":100}`, true},
		{"a range", `{"Price":[{"numeric":[">",10,"<=",20]}]}`, `{"Price":20}`, true},
		{"below the range", `{"Price":[{"numeric":[">",10,"<=",20]}]}`, `{"Price":10}`, false},
		{"above the range", `{"Price":[{"numeric":[">=",10,"<",20]}]}`, `{"Price":20}`, false},
		{"digits are no number, so not in DynamoDB", `{"N":[{"numeric":[">",10]}]}`, `{"N":"20"}`, false},
		{"exists", `{"ProductName":[{"exists":true}]}`, `{"ProductName":null}`, true},
		{"does not exist", `{"ProductName":[{"exists":false}]}`, `{"Other":1}`, true},
		{"exists, but should not", `{"ProductName":[{"exists":false}]}`, `{"ProductName":1}`, false},
		{"exists is about leaves", `{"a":[{"exists":true}]}`, `{"a":{"b":1}}`, false},
		{"nothing inside of nothing exists", `{"a":{"b":[{"exists":false}]}}`, `{}`, true},
		{"begins with", `{"Region":[{"prefix":"us-"}]}`, `{"Region":"us-east-1"}`, true},
		{"ends with", `{"File":[{"suffix":".png"}]}`, `{"File":"a.png"}`, true},
		{"ends with, not", `{"File":[{"suffix":".png"}]}`, `{"File":"a.jpg"}`, false},
		{"inside", `{"a":{"b":["c"]}}`, `{"a":{"b":"c","d":1}}`, true},
		{"inside of something else", `{"a":{"b":["c"]}}`, `{"a":"c"}`, false},
		{"one of a list", `{"tags":["x"]}`, `{"tags":["y","x"]}`, true},
		{"a rule beside a value", `{"n":[1,{"numeric":[">",5]}]}`, `{"n":6}`, true},
		{"a list in a list", `{"n":[1]}`, `{"n":[[1],{"a":1}]}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := parseFilters([]string{tt.pattern})
			if err != nil {
				t.Fatal(err)
			}
			var event map[string]any
			if err := json.Unmarshal([]byte(tt.event), &event); err != nil {
				t.Fatal(err)
			}
			if got := f.match(event); got != tt.want {
				t.Errorf("%s lets %s through: %v", tt.pattern, tt.event, got)
			}
		})
	}
}

func TestFiltersThatAreNone(t *testing.T) {
	for name, pattern := range map[string]string{
		"no JSON": `{`, "no object": `["a"]`, "an empty one": `{}`, "a value without list": `{"a":"b"}`, "no rule": `{"a":[]}`,
		"an unknown operator": `{"a":[{"like":"b"}]}`, "two operators": `{"a":[{"prefix":"b","suffix":"c"}]}`, "a list as a rule": `{"a":[["b"]]}`,
		"a prefix that is a number": `{"a":[{"prefix":1}]}`, "existence that is text": `{"a":[{"exists":"yes"}]}`,
		"half a pair": `{"a":[{"numeric":["="]}]}`, "numeric of text": `{"a":[{"numeric":["=","1"]}]}`, "an unknown comparison": `{"a":[{"numeric":["!=",1]}]}`,
		"anything but a truth value": `{"a":[{"anything-but":true}]}`, "anything but an unknown rule": `{"a":[{"anything-but":{"x":1}}]}`,
		"an alternative alone": `{"$or":[{"a":["b"]}]}`, "alternatives that are no patterns": `{"$or":["a","b"]}`, "an alternative that is wrong": `{"$or":[{},{}]}`,
		"wrong inside": `{"a":{"b":1}}`,
	} {
		if _, err := parseFilters([]string{pattern}); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

// FuzzFilter: a pattern is refused or can be asked, whatever the event.
func FuzzFilter(f *testing.F) {
	f.Add(`{"a":[{"anything-but":["b",1]}],"$or":[{"b":[null]},{"c":{"d":[{"numeric":[">",1]}]}}]}`, `{"a":[{},[]],"b":null,"c":{"d":2}}`)
	f.Fuzz(func(t *testing.T, pattern, event string) {
		all, err := parseFilters([]string{pattern})
		var tree map[string]any
		if err != nil || json.Unmarshal([]byte(event), &tree) != nil {
			return
		}
		all.match(tree)
	})
}

// The table of the Lambda Developer Guide, "Using event filtering with an Amazon SQS
// event source": text goes through patterns for text, JSON through those for JSON.
func TestQueueFilters(t *testing.T) {
	const plain, object, other = "hello", `{"kind":"a"}`, `{"kind":"b"}`
	for _, tt := range []struct {
		name    string
		filters []string
		want    []string
	}{
		{"text by text", []string{`{"body":["hello"]}`}, []string{plain}},
		{"text by prefix", []string{`{"body":[{"prefix":"he"}]}`}, []string{plain}},
		{"JSON by JSON", []string{`{"body":{"kind":["a"]}}`}, []string{object}},
		{"JSON never by text", []string{`{"body":["{\"kind\":\"a\"}"]}`}, nil},
		{"without the body", []string{`{"attributes":{"ApproximateReceiveCount":["1"]}}`}, []string{plain, object, other}},
		{"one of several", []string{`{"body":["hello"]}`, `{"body":{"kind":["b"]}}`}, []string{plain, other}},
		{"nothing", []string{`{"body":["x"]}`}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, "")
				defer w.Close()
				var got []string
				m, err := Queue(w.Local, w.url, func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
					got = append(got, bodies(e)...)
					return events.SQSEventResponse{}, nil
				}, func(o *QueueOptions) { o.Filters = tt.filters })
				if err != nil {
					t.Fatal(err)
				}
				w.send(t, plain, object, other)
				stop := start(t, m)
				stop()
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if s := m.Stats(); !m.Idle() || int(s.Filtered)+len(got) != 3 {
					t.Errorf("idle %v, %+v; what is filtered is deleted", m.Idle(), s)
				}
			})
		})
	}
}

// However a stream is read, records are passed over, and the position behind them counts.
func TestStreamFilters(t *testing.T) {
	filter := func(o *StreamOptions) {
		o.Filters = []string{`{"dynamodb":{"Keys":{"pk":{"N":["3","4","5"]}}},"eventName":["INSERT"]}`}
		o.BatchSize = 4
	}
	for _, kind := range []string{"plain", "parallel", "window"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, "")
				defer w.Close()
				var mu sync.Mutex
				var got []string
				note := func(records []record) {
					mu.Lock()
					defer mu.Unlock()
					got = append(got, pks(records)...)
				}
				mapping := func() (m *Mapping, err error) {
					if kind == "window" {
						return Window(w.Local, "table", func(_ context.Context, e events.DynamoDBTimeWindowEvent) (r events.DynamoDBTimeWindowEventResponse, err error) {
							note(e.Records)
							return r, nil
						}, filter)
					}
					return Stream(w.Local, "table", func(_ context.Context, e streamEvent) (r streamResponse, err error) {
						note(e.Records)
						return r, nil
					}, filter, func(o *StreamOptions) {
						if kind == "parallel" {
							o.ParallelizationFactor = 3
						}
					})
				}
				m, err := mapping()
				if err != nil {
					t.Fatal(err)
				}
				w.put(t, 0, 20)
				stop := start(t, m)
				time.Sleep(5 * time.Second)
				stop()
				slices.Sort(got)
				if diff := cmp.Diff([]string{"3", "4", "5"}, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if s := m.Stats(); !m.Idle() || s.Filtered != 17 || s.Records != 3 {
					t.Errorf("idle %v, %+v", m.Idle(), s)
				}
			})
		})
	}
}

func TestQueueInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "")
		defer w.Close()
		url := w.queue(t, "q.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "30"})
		w.sendGroup(t, url, "a", "a1", "a2", "a3")
		w.sendGroup(t, url, "b", "b1")
		begin, failing := time.Now(), true
		var mu sync.Mutex
		var calls []string
		busy := map[string]bool{}
		m, err := Queue(w.Local, url, func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			mu.Lock()
			calls = append(calls, fmt.Sprint(time.Since(begin).Round(time.Second), bodies(e)))
			for _, r := range e.Records {
				if group := r.Attributes["MessageGroupId"]; busy[group] {
					t.Errorf("two calls with messages of group %s", group)
				} else {
					defer func() { mu.Lock(); busy[group] = false; mu.Unlock() }()
				}
			}
			for _, r := range e.Records {
				busy[r.Attributes["MessageGroupId"]] = true
			}
			mu.Unlock()
			time.Sleep(time.Second)
			var out events.SQSEventResponse
			if i := slices.IndexFunc(e.Records, func(r events.SQSMessage) bool { return r.Body == "a2" }); i >= 0 && failing {
				failing = false
				for _, r := range e.Records[i:] { // and all behind it, as a handler must
					out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: r.MessageId})
				}
			}
			return out, nil
		}, func(o *QueueOptions) { o.Concurrency, o.BatchSize = 3, 3 })
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, m)
		time.Sleep(10 * time.Second)
		w.sendGroup(t, url, "a", "a4")
		time.Sleep(time.Minute)
		stop()
		slices.Sort(calls)
		want := []string{"0s[a1 a2 a3]", "0s[b1]", "30s[a2 a3 a4]"}
		for i := range calls {
			calls[i] = strings.ReplaceAll(calls[i], "s [", "s[")
		}
		if diff := cmp.Diff(want, calls); diff != "" {
			t.Errorf("what failed comes again in its place, and holds the group (-want +got):\n%s", diff)
		}
		if !m.Idle() {
			t.Error("not idle")
		}
	})
}

// An event holds 6 MB, so ten messages of 1 MiB need two. Where the first fails the second
// must not go before it.
func TestQueueInOrderWithLargeMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "")
		defer w.Close()
		url := w.queue(t, "q.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "30"})
		for i := range 8 {
			w.sendGroup(t, url, "a", fmt.Sprint(i)+strings.Repeat("x", 1<<20-1))
		}
		var calls []string
		m, err := Queue(w.Local, url, func(_ context.Context, e events.SQSEvent) (r events.SQSEventResponse, err error) {
			first := ""
			for _, body := range bodies(e) {
				first += body[:1]
			}
			if calls = append(calls, first); len(calls) == 1 {
				return r, errNo
			}
			return r, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, m)
		time.Sleep(time.Minute)
		stop()
		if diff := cmp.Diff([]string{"012345", "012345", "67"}, calls); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestQueueOptionsInOrder(t *testing.T) {
	w := open(t, "")
	defer w.Close()
	url := w.queue(t, "q.fifo", map[string]string{"FifoQueue": "true"})
	h := func(context.Context, events.SQSEvent) (r events.SQSEventResponse, err error) { return r, nil }
	for name, set := range map[string]func(*QueueOptions){
		"a batch above 10": func(o *QueueOptions) { o.BatchSize, o.BatchWindow = 11, time.Second },
		"a batch window":   func(o *QueueOptions) { o.BatchWindow = time.Second },
	} {
		if _, err := Queue(w.Local, url, h, set); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}
