package rules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

func TestRepublish(t *testing.T) {
	e, broker := newEngine(t)
	put(t, e, "hot", payload("SELECT temp, topic(2) AS device FROM 'devices/+/data' WHERE temp > 50", republishTo("alerts/${topic(2)}")))
	tap(e, "c", "devices/7/data", `{"temp": 54.98}`)
	tap(e, "c", "devices/8/data", `{"temp": 50}`)
	tap(e, "c", "devices/9/state", `{"temp": 99}`)
	closed(t, e)
	if diff := cmp.Diff([]string{`alerts/7 {"temp":54.98,"device":"7"}`}, broker.published()); diff != "" {
		t.Error(diff)
	}
	got := e.Stats().Rules["hot"]
	want := RuleStats{TopicMatch: 2, RulesExecuted: 1, Actions: map[string]ActionStats{"RepublishAction": {Success: 1}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRepublishHeaders(t *testing.T) {
	e, broker := newEngine(t)
	put(t, e, "r", payload("SELECT * FROM 'a'", `{"republish": {"topic": "$$aws/things/x/shadow/update", "qos": 1, `+role+`, "headers": {
		"payloadFormatIndicator": "${get_mqtt_property('format_indicator')}", "contentType": "text/${kind}", "responseTopic": "answers/${clientid()}",
		"correlationData": "${get_mqtt_property('correlation_data')}", "messageExpiry": "${seconds}",
		"userProperties": [{"key": "from", "value": "${topic()}"}, {"key": "${kind}", "value": ""}]}}}`))
	e.Tap(t.Context(), Source{ClientID: "c"}, &Message{Topic: "a", Payload: []byte(`{"kind": "plain", "seconds": 60}`), PayloadFormatUTF8: true, CorrelationData: []byte{1, 2}})
	closed(t, e)
	want := []Message{{
		Topic: "$aws/things/x/shadow/update", Payload: []byte(`{"kind": "plain", "seconds": 60}`), QoS: 1, PayloadFormatUTF8: true, ContentType: "text/plain",
		ResponseTopic: "answers/c", CorrelationData: []byte{1, 2}, Expiry: time.Minute, UserProperties: [][2]string{{"from", "a"}, {"plain", ""}},
	}}
	if diff := cmp.Diff(want, broker.all); diff != "" {
		t.Error(diff)
	}
}

// TestBasicIngest: the message goes to the named rule alone, whatever its FROM is, and the
// prefix is not part of topic().
func TestBasicIngest(t *testing.T) {
	e, broker := newEngine(t)
	put(t, e, "BuildingManager", payload("SELECT topic() AS t, topic(3) AS floor FROM 'other/#'", republishTo("out")))
	put(t, e, "all", payload("SELECT * FROM '#' WHERE startswith(topic(), 'Buildings')", republishTo("seen/by/all")))
	put(t, e, "no_from", payload("SELECT VALUE 1", republishTo("out")))
	tap(e, "c", "$aws/rules/BuildingManager/Buildings/Building5/Floor2/Room201/Lights", `{}`)
	tap(e, "c", "$aws/rules/no_from/Buildings", `{}`)
	tap(e, "c", "$aws/rules/nobody/Buildings", `{}`)
	if err := e.EnableRule("no_from", false); err != nil {
		t.Fatal(err)
	}
	tap(e, "c", "$aws/rules/no_from/Buildings", `{}`)
	closed(t, e)
	got := broker.published()
	slices.Sort(got)
	want := []string{`out 1`, `out {"t":"Buildings/Building5/Floor2/Room201/Lights","floor":"Floor2"}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := e.Stats(); s.RuleNotFound != 2 {
		t.Errorf("%d rules were not found, want 2", s.RuleNotFound)
	}
}

// TestControl is what the control plane does with rules.
func TestControl(t *testing.T) {
	e, broker := newEngine(t)
	if err := e.PutRule("a", json.RawMessage(`{"sql": "SELECT * FROM 'x'", "description": "d", "actions": [`+republishTo("one")+`], "ruleDisabled": true}`)); err != nil {
		t.Fatal(err)
	}
	put(t, e, "b", payload("SELECT * FROM 'y'"))
	if diff := cmp.Diff([]string{"a", "b"}, e.Rules()); diff != "" {
		t.Error(diff)
	}
	tap(e, "c", "x", "disabled")
	if err := e.EnableRule("a", true); err != nil {
		t.Fatal(err)
	}
	got, err := e.Rule("a")
	want := `{"sql":"SELECT * FROM 'x'","description":"d","actions":[{"republish":{"topic":"one","roleArn":"arn:aws:iam::123456789012:role/r"}}],"ruleDisabled":false}`
	if err != nil || string(got) != want {
		t.Errorf("the rule is %s, %v\nwant %s", got, err, want)
	}
	tap(e, "c", "x", "enabled")
	put(t, e, "a", payload("SELECT * FROM 'x'", republishTo("two")))
	tap(e, "c2", "x", "replaced")
	if err := e.DeleteRule("a"); err != nil {
		t.Fatal(err)
	}
	tap(e, "c", "x", "deleted")
	for name, err := range map[string]error{"Rule": second(e.Rule("a")), "DeleteRule": e.DeleteRule("a"), "EnableRule": e.EnableRule("a", true)} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	closed(t, e)
	all := broker.published()
	slices.Sort(all)
	if diff := cmp.Diff([]string{"one enabled", "two replaced"}, all); diff != "" {
		t.Error(diff)
	}
}

func second[T any](_ T, err error) error { return err }

func TestRefusedRules(t *testing.T) {
	e, _ := newEngine(t, func(o *Options) {
		o.Functions = map[string]Function{"f": {Handle: func(context.Context, json.RawMessage) error { return nil }}}
	})
	const sql = "SELECT * FROM 'a'"
	for _, row := range []struct {
		reason, name string
		rule         json.RawMessage
		is           error
		says         string
	}{
		{"a name with a hyphen", "a-b", payload(sql), ErrInvalid, "is not 1 to 128 of"},
		{"no name", "", payload(sql), ErrInvalid, "is not 1 to 128 of"},
		{"no JSON", "r", json.RawMessage(`{`), ErrInvalid, "unexpected EOF"},
		{"more behind it", "r", json.RawMessage(string(payload(sql)) + "{}"), ErrInvalid, "something stands behind"},
		{"a field that is none", "r", json.RawMessage(`{"sql": "SELECT * FROM 'a'", "actions": [], "ruleEnabled": true}`), ErrInvalid, `unknown field "ruleEnabled"`},
		{"no sql", "r", json.RawMessage(`{"actions": []}`), ErrInvalid, "sql is missing"},
		{"no actions", "r", json.RawMessage(`{"sql": "SELECT * FROM 'a'"}`), ErrInvalid, "actions is missing"},
		{"a syntax error", "r", payload("SELECT"), ErrInvalid, "sql: iotsql: 1:7: the end"},
		{"another version", "r", json.RawMessage(`{"sql": "SELECT * FROM 'a'", "actions": [], "awsIotSqlVersion": "1"}`), ErrInvalid, "no SQL version"},
		{"more than 256 KB", "r", payload("SELECT * FROM '" + strings.Repeat("a", MaxPayload) + "'"), ErrInvalid, "more than 262144"},
		{"eleven actions", "r", payload(sql, slices.Repeat([]string{republishTo("b")}, 11)...), ErrInvalid, "11 actions, more than 10"},
		{"a function that is not here", "r", payload("SELECT get_secret('a') AS s FROM 'a'"), ErrUnsupported, "get_secret()"},
		{"an action that is not here", "r", payload(sql, `{"s3": {"bucketName": "b", "key": "k"}}`), ErrUnsupported, "actions[0]: s3: not supported here"},
		{"an error action that is not here", "r", withErrorAction(payload(sql), `{"sns": {}}`), ErrUnsupported, "errorAction: sns: not supported here"},
		{"an action that AWS has not", "r", payload(sql, `{"email": {}}`), ErrInvalid, "email: AWS IoT has no such action"},
		{"two actions in one", "r", payload(sql, `{"sqs": {}, "lambda": {}}`), ErrInvalid, "an action has one kind, not 2"},
		{"no client of DynamoDB", "r", payload(sql, `{"dynamoDBv2": {"putItem": {"tableName": "t"}, `+role+`}}`), ErrUnsupported, "no client of DynamoDB"},
		{"no client of SQS", "r", payload(sql, `{"sqs": {"queueUrl": "q", `+role+`}}`), ErrUnsupported, "no client of SQS"},
		{"no such function", "r", payload(sql, `{"lambda": {"functionArn": "arn:aws:lambda:us-east-1:123456789012:function:g"}}`), ErrUnsupported, "no function"},
		{"no role", "r", payload(sql, `{"republish": {"topic": "b"}}`), ErrInvalid, "roleArn: is missing"},
		{"no topic", "r", payload(sql, republishTo("")), ErrInvalid, "topic: is missing"},
		{"a reserved topic", "r", payload(sql, republishTo("$aws/things/x")), ErrInvalid, "written with $$"},
		{"a topic with a wildcard", "r", payload(sql, republishTo("a/+")), ErrInvalid, "no topic to publish to"},
		{"QoS 2", "r", payload(sql, `{"republish": {"topic": "b", "qos": 2, `+role+`}}`), ErrInvalid, "qos: is 0 or 1, not 2"},
		{"a template that is wrong", "r", payload(sql, republishTo("a/${topic(}")), ErrInvalid, "topic: iotsql: 1:11"},
		{"a header that is too long", "r", payload(sql, `{"republish": {"topic": "b", `+role+`, "headers": {"contentType": "`+strings.Repeat("a", 1025)+`"}}}`), ErrInvalid, "headers.contentType: has more than 1024"},
	} {
		err := e.PutRule(row.name, row.rule)
		if !errors.Is(err, row.is) || !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", row.reason, err)
		}
	}
	var syntax *iotsql.SyntaxError
	if err := e.PutRule("r", payload("SELECT")); !errors.As(err, &syntax) {
		t.Errorf("a syntax error is none: %v", err)
	}
	if rules := e.Rules(); len(rules) > 0 {
		t.Errorf("there are rules: %v", rules)
	}
}

func TestRuleLimit(t *testing.T) {
	e, _ := newEngine(t)
	for i := range MaxRules {
		put(t, e, fmt.Sprint("r", i), payload("SELECT * FROM 'a'"))
	}
	if err := e.PutRule("more", payload("SELECT * FROM 'a'")); !errors.Is(err, ErrLimitExceeded) {
		t.Errorf("one rule more: %v", err)
	}
	put(t, e, "r0", payload("SELECT * FROM 'b'")) // replacing is possible
}

// TestOrder: for each rule, messages of one publisher stay in order, though many are
// worked on at once.
func TestOrder(t *testing.T) {
	const clients, messages, rules = 20, 50, 4
	var mu sync.Mutex
	seen := map[string][]string{}
	e, _ := newEngine(t, func(o *Options) {
		o.Publish = func(_ context.Context, m Message) error {
			mu.Lock()
			defer mu.Unlock()
			seen[m.Topic] = append(seen[m.Topic], string(m.Payload))
			return nil
		}
		o.Workers, o.RuleWorkers, o.QueuedMessages = 16, 3, clients*messages
	})
	for i := range rules {
		put(t, e, fmt.Sprint("r", i), payload("SELECT VALUE n FROM 'in/+'", republishTo(fmt.Sprintf("out/%d/${clientid()}", i))))
	}
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for i := range messages {
				tap(e, fmt.Sprint("c", c), "in/x", fmt.Sprintf(`{"n": %d}`, i))
			}
		})
	}
	wg.Wait()
	closed(t, e)
	var want []string
	for i := range messages {
		want = append(want, fmt.Sprint(i))
	}
	if len(seen) != clients*rules {
		t.Errorf("%d lanes, want %d", len(seen), clients*rules)
	}
	for topic, got := range seen {
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v", topic, got)
		}
	}
}

// TestFullQueue: what has no room is lost and counted, and Tap does not wait.
func TestFullQueue(t *testing.T) {
	release := make(chan struct{})
	var done atomic.Int64
	e, _ := newEngine(t, func(o *Options) {
		o.Publish = func(context.Context, Message) error { <-release; done.Add(1); return nil }
		o.QueuedMessages, o.QueuedBytes = 5, 100
	})
	put(t, e, "slow", payload("SELECT * FROM 'a'", republishTo("b")))
	put(t, e, "other", payload("SELECT * FROM 'c'", republishTo("d")))
	for range 8 {
		tap(e, "c", "a", "x")
	}
	tap(e, "c", "c", strings.Repeat("y", 96)) // 5 bytes wait
	tap(e, "c", "c", strings.Repeat("y", 95))
	s := e.Stats()
	if s.Rules["slow"].RuleMessageThrottled != 3 || s.Rules["other"].RuleMessageThrottled != 1 || s.Queued != 6 || s.QueuedBytes != 100 {
		t.Errorf("%+v", s)
	}
	close(release)
	closed(t, e)
	if s := e.Stats(); done.Load() != 6 || s.Queued != 0 || s.QueuedBytes != 0 {
		t.Errorf("%d done, %+v", done.Load(), s)
	}
}

// TestSlowRule: a rule whose action hangs does not keep others from their messages.
func TestSlowRule(t *testing.T) {
	release := make(chan struct{})
	fast := make(chan struct{}, 1)
	e, _ := newEngine(t, func(o *Options) {
		o.Publish = func(_ context.Context, m Message) error {
			if m.Topic == "slow" {
				<-release
			} else {
				fast <- struct{}{}
			}
			return nil
		}
		o.Workers, o.RuleWorkers = 4, 3
	})
	put(t, e, "slow", payload("SELECT * FROM 'a'", republishTo("slow")))
	put(t, e, "fast", payload("SELECT * FROM 'b'", republishTo("fast")))
	for c := range 20 {
		tap(e, fmt.Sprint("c", c), "a", "x")
	}
	tap(e, "c", "b", "x")
	<-fast
	close(release)
	closed(t, e)
	if got := e.Stats().Rules["slow"].RulesExecuted; got != 20 {
		t.Errorf("the slow rule was executed %d times, want 20", got)
	}
}

// TestLoop: a rule that feeds itself ends, and so do ten that feed one another, which
// would multiply.
func TestLoop(t *testing.T) {
	t.Run("one", func(t *testing.T) {
		e, broker := newEngine(t)
		put(t, e, "again", payload("SELECT * FROM 'a/#'", republishTo("${topic()}/again")))
		tap(e, "c", "a/b", "x")
		waitIdle(t, e)
		if got := len(broker.published()); got != maxSteps+1 || e.Stats().RepublishLoop != 1 {
			t.Errorf("%d messages, %d chains cut; want %d and 1", got, e.Stats().RepublishLoop, maxSteps+1)
		}
	})
	t.Run("many", func(t *testing.T) {
		e, broker := newEngine(t, func(o *Options) { o.QueuedMessages = 100_000 })
		put(t, e, "again", payload("SELECT * FROM 'a/#'", slices.Repeat([]string{republishTo("a/b")}, MaxActions)...))
		tap(e, "c", "a/b", "x")
		waitIdle(t, e)
		if got := len(broker.published()); got != MaxActions*(maxRepublished+1) {
			t.Errorf("%d messages, want %d", got, MaxActions*(maxRepublished+1))
		}
	})
}

// waitIdle waits until nothing is queued.
func waitIdle(t testing.TB, e *Engine) {
	t.Helper()
	idle := func() bool {
		e.schedule.mu.Lock()
		defer e.schedule.mu.Unlock()
		return len(e.schedule.lanes) == 0
	}
	for deadline := time.Now().Add(time.Minute); !idle(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatal("messages wait for ever")
		}
	}
}

// TestErrorAction: one message tells of all actions that failed.
func TestErrorAction(t *testing.T) {
	e, broker := newEngine(t)
	rule := withErrorAction(payload("SELECT * FROM 'testme/action'", republishTo("${nothing}"), republishTo("fine"), republishTo("$${topic()}")), republishTo("failed/${clientid()}"))
	put(t, e, "TestAction", rule)
	tap(e, "dev", "testme/action", `{"message": "Hello"}`)
	e.Tap(t.Context(), Source{}, &Message{Topic: "testme/action", Payload: []byte("not JSON")})
	closed(t, e)
	trace := ""
	var got []string
	for _, m := range broker.published() {
		topic, text, _ := strings.Cut(m, " ")
		if !strings.HasPrefix(topic, "failed/") {
			continue
		}
		var failures failuresMessage
		if err := json.Unmarshal([]byte(text), &failures); err != nil {
			t.Fatal(err)
		}
		if trace = failures.TraceID; trace != "" {
			text = strings.Replace(text, trace, "TRACE", 1)
		}
		got = append(got, topic+" "+text)
	}
	slices.Sort(got)
	tail := `"failures":[{"failedAction":"RepublishAction","failedResource":"","errorMessage":"\"\" is no topic to publish to"},` +
		`{"failedAction":"RepublishAction","failedResource":"$testme/action","errorMessage":"\"$testme/action\" is reserved: a reserved topic is written with $$ at its beginning"}]}`
	want := []string{
		`failed/dev {"ruleName":"TestAction","topic":"testme/action","cloudwatchTraceId":"TRACE","clientId":"dev","base64OriginalPayload":"eyJtZXNzYWdlIjogIkhlbGxvIn0=",` + tail,
		`failed/n/a {"ruleName":"TestAction","topic":"testme/action","cloudwatchTraceId":"","clientId":"n/a","base64OriginalPayload":"bm90IEpTT04=",` + tail,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	s := e.Stats().Rules["TestAction"]
	if s.ErrorActionSuccess != 2 || s.Actions["RepublishAction"] != (ActionStats{Success: 2, Failure: 4}) {
		t.Errorf("%+v", s)
	}
}

// TestClose: when its context ends, Close gives up what waits, and what is under way ends
// with its context.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := newEngine(t, func(o *Options) {
			o.Publish = func(ctx context.Context, _ Message) error { <-ctx.Done(); return ctx.Err() }
			o.ActionTimeout = time.Hour
		})
		put(t, e, "r", payload("SELECT * FROM 'a'", republishTo("b")))
		tap(e, "c", "a", "1")
		tap(e, "c", "a", "2")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := e.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v", err)
		}
		tap(e, "c", "a", "3")
		s := e.Stats().Rules["r"]
		if s.RulesExecuted != 1 || s.Actions["RepublishAction"].Failure != 1 || s.RuleMessageThrottled != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// TestActionTimeout: an action that hangs has failed after its time.
func TestActionTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := newEngine(t, func(o *Options) {
			o.Publish = func(ctx context.Context, _ Message) error { <-ctx.Done(); return ctx.Err() }
		})
		put(t, e, "r", payload("SELECT * FROM 'a'", republishTo("b")))
		begin := time.Now()
		tap(e, "c", "a", "1")
		closed(t, e)
		if took := time.Since(begin); took != 10*time.Second || e.Stats().Rules["r"].Actions["RepublishAction"].Failure != 1 {
			t.Errorf("after %v: %+v", took, e.Stats())
		}
	})
}

func TestOptions(t *testing.T) {
	for _, row := range []struct {
		reason string
		option func(*Options)
	}{
		{"a function that is nothing", func(o *Options) { o.Functions = map[string]Function{"f": {}} }},
		{"a function without a host", func(o *Options) { o.Functions = map[string]Function{"f": {URL: "f"}} }},
		{"a negative number", func(o *Options) { o.Workers = -1 }},
	} {
		if _, err := New(row.option); err == nil {
			t.Errorf("%s: no error", row.reason)
		}
	}
}

// TestChanges changes rules while messages come: a rule that is there all the time gets
// every message.
func TestChanges(t *testing.T) {
	e, _ := newEngine(t, func(o *Options) {
		o.Publish = func(context.Context, Message) error { return nil }
		o.QueuedMessages = 100_000
	})
	put(t, e, "constant", payload("SELECT * FROM 'a'", republishTo("b")))
	const messages = 2000
	var wg sync.WaitGroup
	for c := range 2 {
		wg.Go(func() {
			for range messages {
				tap(e, fmt.Sprint("c", c), "a", "x")
			}
		})
	}
	wg.Go(func() {
		for i := range 200 {
			name := fmt.Sprint("r", i%5)
			if err := e.PutRule(name, payload("SELECT * FROM 'a'", republishTo("b"))); err != nil {
				t.Error(err)
			}
			if err := errors.Join(e.EnableRule(name, i%2 == 0), second(e.Rule(name))); err != nil {
				t.Error(err)
			}
			if i%3 == 0 {
				if err := e.DeleteRule(name); err != nil {
					t.Error(err)
				}
			}
			e.Stats()
			e.Rules()
		}
	})
	wg.Wait()
	closed(t, e)
	if got := e.Stats().Rules["constant"]; got.TopicMatch != 2*messages || got.RulesExecuted != 2*messages {
		t.Errorf("%+v", got)
	}
}

// TestSharedPayload: a payload is decoded once for several rules, as long as what is kept
// decoded is little; afterwards nothing is kept.
func TestSharedPayload(t *testing.T) {
	release := make(chan struct{})
	e, broker := newEngine(t, func(o *Options) {
		publish := o.Publish
		o.Publish = func(ctx context.Context, m Message) error { <-release; return publish(ctx, m) }
		o.Workers, o.RuleWorkers = 2, 1
	})
	for i := range 3 {
		put(t, e, fmt.Sprint("r", i), payload("SELECT VALUE get(a, 0) FROM 'in'", republishTo(fmt.Sprint("out/", i))))
	}
	long := `{"a": ["` + strings.Repeat("x", 100_000) + `"]}`
	for range 30 {
		tap(e, "c", "in", long)
	}
	close(release)
	waitIdle(t, e)
	e.schedule.mu.Lock()
	defer e.schedule.mu.Unlock()
	if got := len(broker.published()); got != 90 || e.schedule.shared != 0 || e.schedule.bytes != 0 {
		t.Errorf("%d messages, want 90; %d bytes are shared, %d wait", got, e.schedule.shared, e.schedule.bytes)
	}
}
