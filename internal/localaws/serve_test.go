package localaws

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/internal/foreign"
)

// serve serves a Local of its own until the test ends, or until stop is called, which
// returns when Serve has.
func serve(t testing.TB, optFns ...func(*ServeOptions)) (addr string, stop func()) {
	t.Helper()
	local, err := Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- local.Serve(ctx, listener, optFns...) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-ended, local.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return listener.Addr().String(), stop
}

// clientConfig is of a client that behaves. It does not try again: what it asks for once
// must be done.
func clientConfig(t testing.TB, addr string) aws.Config {
	t.Helper()
	transport := foreign.Transport(t, &http.Transport{})
	return aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		BaseEndpoint: aws.String("http://" + addr), HTTPClient: &http.Client{Transport: transport}, RetryMaxAttempts: 1,
	}
}

func dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// request is one that is answered, but for what a test puts into it.
func request(host, headers, body string) string {
	return fmt.Sprintf("POST / HTTP/1.1\r\nHost: %s\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\nAuthorization: AWS4-HMAC-SHA256 x\r\nContent-Length: %d\r\n%s\r\n%s", host, len(body), headers, body)
}

// TestAnswers has what clients send answered, or the connection closed.
func TestAnswers(t *testing.T) {
	t.Parallel() // it waits
	const page = "http://page.example"
	addr, _ := serve(t, func(o *ServeOptions) {
		o.Patience, o.Hosts, o.Origins = time.Second, []string{"allowed.example"}, []string{page}
	})
	tests := []struct {
		name, sent string
		status     int // 0: closed without an answer
		header     string
	}{
		{"an address of this machine", request(addr, "", "{}"), 200, ""},
		{"IPv6", request("[::1]:8000", "", "{}"), 200, ""},
		{"localhost", request("LocalHost.:8000", "", "{}"), 200, ""},
		{"a name that is not to be had", request("localaws.invalid", "", "{}"), 200, ""},
		{"a queue's host", request("sqs.us-east-1.localhost", "", "{}"), 200, ""},
		{"a host that is allowed", request("allowed.example", "", "{}"), 200, ""},
		{"a host that was rebound", request("attacker.example:8000", "", "{}"), 421, ""},
		{"an address of another machine", request("192.0.2.1", "", "{}"), 421, ""},
		{"a name that looks like an address", request("127.0.0.1.attacker.example", "", "{}"), 421, ""},
		{"a page", request(addr, "Origin: http://other.example\r\n", "{}"), 403, ""},
		{"a page without an origin", request(addr, "Origin: null\r\n", "{}"), 403, ""},
		{"an image of a page", request(addr, "Sec-Fetch-Site: cross-site\r\n", "{}"), 403, ""},
		{"somebody who typed the address", request(addr, "Sec-Fetch-Site: none\r\n", "{}"), 200, ""},
		{"a page that is allowed", request(addr, "Origin: "+page+"\r\nSec-Fetch-Site: cross-site\r\n", "{}"), 200, page},
		{"what that page asks before", strings.Replace(request(addr, "Origin: "+page+"\r\nAccess-Control-Request-Headers: x-amz-target\r\n", ""), "POST", "OPTIONS", 1), 204, page},
		{"garbage", "\x00\x01garbage\r\n\r\n", 400, ""},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 421, ""}, // it names no host
		{"two hosts", request(addr, "Host: localhost\r\n", "{}"), 400, ""},
		{"two lengths", request(addr, "Content-Length: 3\r\n", "{}"), 400, ""},
		{"a length and chunks", request(addr, "Transfer-Encoding: nonsense\r\n", "{}"), 501, ""},
		{"a header that is too large", request(addr, "X-Large: "+strings.Repeat("x", 64<<10)+"\r\n", "{}"), 431, ""},
		{"half a header", "POST / HTTP/1.1\r\nHost: ", 0, ""},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, ""},
		{"half a body", strings.Replace(request(addr, "", "{}"), "Length: 2", "Length: 200", 1), 400, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // some wait
			conn := dial(t, addr)
			if _, err := io.WriteString(conn, tt.sent); err != nil {
				t.Fatal(err)
			}
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if tt.status == 0 {
				if _, ok := errors.AsType[net.Error](err); err == nil || ok && err.(net.Error).Timeout() {
					t.Errorf("%v, %v, want a closed connection", response, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if got := response.Header.Get("Access-Control-Allow-Origin"); response.StatusCode != tt.status || got != tt.header {
				body, _ := io.ReadAll(response.Body)
				t.Errorf("%d, origin %q, want %d, %q\n%s", response.StatusCode, got, tt.status, tt.header, body)
			}
		})
	}
}

// A body that comes piece by piece is read, however long all of it takes to some bound,
// and requests that were sent together are answered in their order.
func TestProgressIsAwaited(t *testing.T) {
	t.Parallel() // it waits
	const patience, pieces = 1500 * time.Millisecond, 7
	addr, _ := serve(t, func(o *ServeOptions) { o.Patience = patience })
	conn := dial(t, addr)
	text := request(addr, "", `{"Limit":     1}`)
	answers := bufio.NewReader(conn)
	for range 2 {
		split := len(text) - pieces
		if _, err := io.WriteString(conn, text[:split]); err != nil {
			t.Fatal(err)
		}
		for _, piece := range text[split:] {
			time.Sleep(patience / 5) // all of these are longer than its patience
			if _, err := io.WriteString(conn, string(piece)); err != nil {
				t.Fatal(err)
			}
		}
		wantStatus(t, answers, 200)
	}
	if _, err := io.WriteString(conn, strings.Repeat(text, 20)); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		wantStatus(t, answers, 200)
	}
}

func wantStatus(t *testing.T, from *bufio.Reader, status int) {
	t.Helper()
	response, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != status {
		t.Fatalf("%d, %v, want %d", response.StatusCode, err, status)
	}
}

// A drop at a time is progress, but not for ever.
func TestDropsEnd(t *testing.T) {
	t.Parallel() // it waits
	const patience = 50 * time.Millisecond
	addr, _ := serve(t, func(o *ServeOptions) { o.Patience = patience })
	conn := dial(t, addr)
	if _, err := io.WriteString(conn, strings.Replace(request(addr, "", ""), "Length: 0", "Length: 100000", 1)); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for time.Since(start) < 20*time.Second {
		if _, err := io.WriteString(conn, " "); err != nil {
			return // the connection ended, though it was never silent
		}
		time.Sleep(patience / 10)
	}
	t.Error("a body may take as long as its client likes")
}

// A long poll is silent longer than a client may be while it sends, and ends with serving.
func TestLongPoll(t *testing.T) {
	t.Parallel() // it waits
	addr, stop := serve(t, func(o *ServeOptions) { o.Patience = 500 * time.Millisecond })
	client := sqs.NewFromConfig(clientConfig(t, addr))
	queue, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("queue")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, WaitTimeSeconds: 1}); err != nil {
		t.Error(err)
	}
	polling := make(chan error, 1)
	go func() {
		_, err := client.ReceiveMessage(context.Background(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, WaitTimeSeconds: 20})
		polling <- err
	}()
	start := time.Now()
	stop()
	<-polling
	if took := time.Since(start); took > 15*time.Second { // the poll is one of 20 s
		t.Errorf("serving ended after %v", took)
	}
}

// TestWhoIsClosed has connections come and go without a server.
func TestWhoIsClosed(t *testing.T) {
	cs := newConnections(3)
	conns := map[string]*fakeConn{}
	state := func(name string, s http.ConnState) {
		if conns[name] == nil {
			conns[name] = &fakeConn{}
		}
		cs.changed(conns[name], s)
	}
	work := func(name string) { cs.worked(conns[name]) }
	wantClosed := func(reason string, want ...string) {
		t.Helper()
		var got []string
		for name, c := range conns {
			if c.closed {
				got = append(got, name)
			}
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Fatalf("%s: closed %v, want %v", reason, got, want)
		}
	}
	state("regular", http.StateNew)
	work("regular")
	state("regular", http.StateIdle)
	state("a", http.StateNew)
	state("b", http.StateNew)
	wantClosed("within the bound")
	state("c", http.StateNew)
	wantClosed("of more strangers than half, who waits longest", "a")
	work("b")
	state("d", http.StateNew)
	wantClosed("of fewer strangers than half, none", "a", "regular")
	work("d")
	state("e", http.StateNew)
	wantClosed("a stranger where no regular waits, not the ones that are worked on", "a", "c", "regular")
	work("e")
	state("f", http.StateNew)
	wantClosed("the newcomer where all are worked on", "a", "c", "f", "regular")
	for name := range conns {
		state(name, http.StateClosed)
	}
	cs.serving.Wait()
	if len(cs.open) != 0 || cs.strangers.Len() != 0 || cs.regulars.Len() != 0 {
		t.Errorf("%d are left", len(cs.open))
	}
}

// TestWhoseBodyIsDropped has bodies come until they are too much.
func TestWhoseBodyIsDropped(t *testing.T) {
	cs := newConnections(10)
	silent, slow, done, large := &fakeConn{}, &fakeConn{}, &fakeConn{}, &fakeConn{}
	for _, c := range []*fakeConn{silent, slow, done, large} {
		cs.changed(c, http.StateNew)
	}
	cs.received(slow, 1)
	cs.received(done, 100)
	cs.worked(done)
	cs.received(large, mostBodies-101)
	if slow.closed || cs.bodies != mostBodies {
		t.Fatalf("%d bytes, closed within the bound: %t", cs.bodies, slow.closed)
	}
	cs.received(large, 1)
	if silent.closed || !slow.closed || done.closed || large.closed {
		t.Errorf("closed: silent %t, slow %t, done %t, large %t; want the slow one", silent.closed, slow.closed, done.closed, large.closed)
	}
	cs.changed(done, http.StateIdle)
	if want := mostBodies - 100; cs.bodies != want {
		t.Errorf("%d bytes after an answer, want %d", cs.bodies, want)
	}
	for _, c := range []*fakeConn{silent, slow, done, large} {
		cs.changed(c, http.StateClosed)
	}
	if cs.serving.Wait(); cs.bodies != 0 {
		t.Errorf("%d bytes of no connection", cs.bodies)
	}
}

type fakeConn struct {
	net.Conn
	closed bool
}

func (c *fakeConn) Close() error {
	c.closed = true
	return nil
}

func TestServeRefusesBadOptions(t *testing.T) {
	local, err := Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := local.Serve(t.Context(), listener, func(o *ServeOptions) { o.MaxConnections = 1 }); err == nil {
		t.Error("served")
	}
	if _, err := listener.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is open: %v", err)
	}
}

// hostile is what clients do to a server, each for as long as it is let.
var hostile = map[string]func(conn net.Conn){
	"garbage":     func(c net.Conn) { send(c, strings.Repeat("\xff\x00garbage\n", 100)) },
	"half header": func(c net.Conn) { send(c, "POST / HTTP/1.1\r\nX-Slow: ") },
	"half body":   func(c net.Conn) { send(c, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{") },
	"too much": func(c net.Conn) {
		send(c, strings.Replace(request("localhost", "", strings.Repeat("x", 10_000)), "Length: 10000", "Length: 1", 1))
	},
	"pipelined, unread": func(c net.Conn) { send(c, strings.Repeat(request("localhost", "", "{}"), 50)) },
	"huge header":       func(c net.Conn) { send(c, request("localhost", "X-Huge: "+strings.Repeat("x", 1<<20), "{}")) },
	"HTTP/2":            func(c net.Conn) { send(c, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") },
	"TLS":               func(c net.Conn) { _ = tls.Client(c, &tls.Config{ServerName: "localhost"}).Handshake() },
	"nothing":           func(net.Conn) {},
}

func send(c net.Conn, text string) { _, _ = io.WriteString(c, text) } // the server may have closed it

// TestHostileClientsChangeNothing has clients of every kind hold thousands of connections
// while one that behaves works on.
func TestHostileClientsChangeNothing(t *testing.T) {
	held, bound := 2000, 1000
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		held, bound = 10_000, 4096
	}
	if held = min(held, (openFiles()-200)/2); held < 100 {
		t.Skipf("only %d files may be open", openFiles())
	}
	addr, _ := serve(t, func(o *ServeOptions) { o.MaxConnections = bound })
	good := newGoodClient(t, addr)
	alone := good.median(t, 60)
	goroutines, heap := usage()

	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	var conns atomic.Int64
	for i := range held / 10 { // each holds some: connecting takes turns
		sent := "POST / HTTP/1.1\r\nHost: localhost\r\n"
		if i%2 == 0 {
			sent = request("localhost", "", "{}") // then it is silent
		}
		clients.Go(func() { holdOpen(ctx, t, addr, sent, 10, &conns) })
	}
	for name, behave := range hostile {
		clients.Go(func() { repeat(ctx, t, addr, name, behave) })
	}
	waitFor(t, "all connections are held", func() bool { return conns.Load() == int64(held/10*10) })
	good.hangUp() // it had been idle while others came
	among := good.median(t, 60)
	stop()
	clients.Wait()

	t.Logf("%d connections held, at most %d open: median %v alone, %v among them", held, bound, alone, among)
	if among > 50*alone+250*time.Millisecond { // the machine is shared with the hostile clients
		t.Errorf("median %v among hostile clients, %v without", among, alone)
	}
	waitFor(t, "goroutines and memory return", func() bool {
		g, h := usage()
		return g <= goroutines+20 && h <= heap+16<<20
	})
}

// goodClient uses all services.
type goodClient struct {
	db    *dynamodb.Client
	queue *sqs.Client
	url   *string

	hangUp func()
}

func newGoodClient(t *testing.T, addr string) goodClient {
	t.Helper()
	config := clientConfig(t, addr)
	c := goodClient{db: dynamodb.NewFromConfig(config), queue: sqs.NewFromConfig(config)}
	c.hangUp = config.HTTPClient.(*http.Client).CloseIdleConnections
	_, err := c.db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("table"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
	})
	if err != nil {
		t.Fatal(err)
	}
	queue, err := c.queue.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("queue")})
	if err != nil {
		t.Fatal(err)
	}
	c.url = queue.QueueUrl
	return c
}

// median does n rounds, all of which must succeed, and returns how long the middle one took.
func (c goodClient) median(t *testing.T, n int) time.Duration {
	t.Helper()
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		if err := c.round(t.Context(), fmt.Sprint(i)); err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[n/2]
}

func (c goodClient) round(ctx context.Context, key string) error {
	item := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: key}}
	_, err := c.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("table"), Item: item})
	if err != nil {
		return err
	}
	got, err := c.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("table"), Key: item, ConsistentRead: aws.Bool(true)})
	if err != nil || len(got.Item) == 0 {
		return fmt.Errorf("item %v, %w", got, err)
	}
	_, err = c.queue.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: c.url, MessageBody: &key})
	return err
}

// holdOpen opens n connections, sends on each once, and never lets go of them, though the
// server may.
func holdOpen(ctx context.Context, t *testing.T, addr, sent string, n int, held *atomic.Int64) {
	var conns []net.Conn
	for range n {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err != nil {
			t.Error(err)
			break
		}
		send(conn, sent)
		held.Add(1)
		conns = append(conns, conn)
	}
	<-ctx.Done()
	for _, conn := range conns {
		_ = conn.Close()
	}
}

// repeat connects and behaves badly, over and over, with a pause in which the server may
// answer.
func repeat(ctx context.Context, t *testing.T, addr, name string, behave func(net.Conn)) {
	for ctx.Err() == nil {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		if err != nil {
			if ctx.Err() == nil {
				t.Errorf("%s: %v", name, err)
			}
			return
		}
		_ = conn.SetDeadline(time.Now().Add(50 * time.Millisecond))
		behave(conn)
		_, _ = conn.Read(make([]byte, 1))
		_ = conn.Close()
	}
}

func usage() (goroutines int, heap uint64) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), m.HeapAlloc
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not after a minute: %s", what)
		}
	}
}
