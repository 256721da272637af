package api

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/internal/foreign"
)

// An identity is what a client is called, by what its role is named by.
type identity struct{ account, thing string }

var (
	own   = identity{"0123456789abcdefghijklmnop", "thing-1"}
	other = identity{"1123456789abcdefghijklmnop", "thing-2"}
)

func (id identity) of(role topic.Role) string {
	if role == topic.RoleUser {
		return id.account
	}
	return id.thing
}

// topicsOf makes a topic of every channel, naming id where a client is named.
func topicsOf(t *testing.T, id identity) []topic.Topic {
	t.Helper()
	values := []string{id.thing, id.account, "89c25b", "89c25a31cf0e2b4d-0123456789abcdefghijklmnop"}
	var topics []topic.Topic
	for c := range topic.Channels() {
		found := fill(c, c.Filter().String(), values)
		if found == nil {
			t.Fatalf("no topic for channel %s", c.Name())
		}
		topics = append(topics, found)
	}
	return topics
}

// fill replaces each "+" of filter by a value, such that a topic of c comes of it.
func fill(c topic.Channel, filter string, values []string) topic.Topic {
	before, after, more := strings.Cut(filter, "+")
	if !more {
		if found, err := topic.Parse(filter); err == nil && found.Channel().Name() == c.Name() {
			return found
		}
		return nil
	}
	for _, v := range values {
		if found := fill(c, before+v+after, values); found != nil {
			return found
		}
	}
	return nil
}

// TestMosquitto loads the ACLs into a real broker and tries every role with every channel,
// its own topic and another's, in both directions.
func TestMosquitto(t *testing.T) {
	b := startMosquitto(t)
	topics := append(topicsOf(t, own), topicsOf(t, other)...)
	t.Run("publish", func(t *testing.T) { b.tryPublishing(t, topics) })
	t.Run("receive", func(t *testing.T) { b.tryReceiving(t, topics) })
}

// tryPublishing lets every role publish on every topic; who may do everything listens.
func (b *mosquitto) tryPublishing(t *testing.T, topics []topic.Topic) {
	heard := b.subscribe(t, everything, "watcher")
	want := map[string]bool{}
	for _, role := range b.roles {
		for _, to := range topics {
			b.publish(t, string(role), own.of(role), to.String(), string(role))
			if role.MayPublish(own.of(role), to) {
				want[to.String()+" "+string(role)] = true
			}
		}
	}
	b.publish(t, everything, "watcher", topics[0].String(), "end")
	compare(t, heard.until(t, topics[0].String()+" end"), want)
}

// tryReceiving lets every role listen to everything, and publishes on every topic. Mosquitto
// grants any SUBSCRIBE, and looks at the ACL when it delivers.
func (b *mosquitto) tryReceiving(t *testing.T, topics []topic.Topic) {
	listeners := map[topic.Role]*listener{}
	for _, role := range b.roles {
		listeners[role] = b.subscribe(t, string(role), own.of(role))
	}
	for _, to := range topics {
		b.publish(t, everything, "speaker", to.String(), "x")
	}
	for _, role := range b.roles {
		want := map[string]bool{}
		last := ""
		for _, to := range topics {
			if role.MayReceive(own.of(role), to) {
				want[to.String()+" x"] = true
				last = to.String()
			}
		}
		if last == "" {
			t.Fatalf("role %s may receive nothing", role)
		}
		b.publish(t, everything, "speaker", last, "end "+string(role))
		got := listeners[role].until(t, last+" end "+string(role))
		maps.DeleteFunc(got, func(line string, _ bool) bool { return strings.Contains(line, " end ") })
		compare(t, got, want)
	}
}

func compare(t *testing.T, got, want map[string]bool) {
	t.Helper()
	if len(want) == 0 {
		t.Fatal("nothing was allowed")
	}
	for line := range got {
		if !want[line] {
			t.Errorf("passed, against the model: %s", line)
		}
	}
	for line := range want {
		if !got[line] {
			t.Errorf("held back, against the model: %s", line)
		}
	}
}

// everything is the listener without ACL.
const everything = "everything"

// mosquitto is a broker with one Unix socket per role, and one without ACL.
type mosquitto struct {
	dir      string
	roles    []topic.Role
	pub, sub string
	ctx      context.Context
	granted  chan string // clients whose SUBSCRIBE was answered
}

func startMosquitto(t *testing.T) *mosquitto {
	t.Helper()
	program := foreign.Need(t, "mosquitto")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	b := &mosquitto{dir: t.TempDir(), pub: foreign.Need(t, "mosquitto_pub"), sub: foreign.Need(t, "mosquitto_sub"), ctx: ctx, granted: make(chan string, 16)}
	files, err := filepath.Glob("mosquitto/*.acl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no ACL: %v", err)
	}
	config := fmt.Sprintf("per_listener_settings true\nlog_type all\nlistener 0 %s\nallow_anonymous true\n", b.socket(everything))
	if os.Getuid() == 0 {
		config = "user root\n" + config
	}
	for _, file := range files {
		role := strings.TrimSuffix(filepath.Base(file), ".acl")
		path, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		b.roles = append(b.roles, topic.Role(role))
		config += fmt.Sprintf("listener 0 %s\nallow_anonymous true\nacl_file %s\n", b.socket(role), path)
	}
	if err := os.WriteFile(b.dir+"/conf", []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	b.run(t, exec.CommandContext(ctx, program, "-c", b.dir+"/conf"))
	return b
}

// run starts the broker, waits until it runs, and ends it with the test.
func (b *mosquitto) run(t *testing.T, command *exec.Cmd) {
	t.Helper()
	log, err := command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Error") {
			t.Errorf("mosquitto: %s", lines.Text())
		}
		if strings.Contains(lines.Text(), " running") {
			break
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines.Scan() {
			if _, client, ok := strings.Cut(lines.Text(), "Sending SUBACK to "); ok {
				b.granted <- client
			}
		}
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-done
		_ = command.Wait()
	})
}

func (b *mosquitto) socket(listener string) string { return filepath.Join(b.dir, listener) }

// publish returns when the broker has acknowledged the message, or refused it.
func (b *mosquitto) publish(t *testing.T, listener, user, name, payload string) {
	t.Helper()
	out, err := exec.CommandContext(b.ctx, b.pub, "--unix", b.socket(listener), "-V", "5", "-u", user, "-q", "1", "-t", name, "-m", payload).CombinedOutput()
	if err != nil {
		t.Fatalf("mosquitto_pub as %s on %s: %v\n%s", listener, name, err, out)
	}
}

// A listener is a client that prints what it hears, as topic and payload.
type listener struct{ lines *bufio.Scanner }

// subscribe returns when the broker has granted a subscription to everything.
func (b *mosquitto) subscribe(t *testing.T, name, user string) *listener {
	t.Helper()
	command := exec.CommandContext(b.ctx, b.sub, "--unix", b.socket(name), "-V", "5", "-u", user, "-i", name, "-q", "1", "-t", "#", "-F", "%t %p")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	select {
	case client := <-b.granted:
		if client != name {
			t.Fatalf("%s was granted a subscription, want %s", client, name)
		}
	case <-b.ctx.Done():
		t.Fatalf("mosquitto_sub as %s: no subscription", name)
	}
	return &listener{bufio.NewScanner(out)}
}

// until returns the lines before last.
func (l *listener) until(t *testing.T, last string) map[string]bool {
	t.Helper()
	heard := map[string]bool{}
	for l.lines.Scan() {
		if l.lines.Text() == last {
			return heard
		}
		heard[l.lines.Text()] = true
	}
	t.Fatalf("%q never came: %v", last, l.lines.Err())
	return nil
}
