package firmware

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/askaround/topic"
)

// TestAgreesWithGo compares the header with package topic. The slow suite compares more
// topics, and compiles the header with the address and undefined behaviour sanitizers.
func TestAgreesWithGo(t *testing.T) {
	n := 2_000
	if slow() {
		n = 100_000
	}
	compare(t, buildAgree(t, sanitizers()), n)
}

// compare proves that both have the same channels, read the same n random topics alike,
// and write the same topics from the same values. Half of the topics follow the header's
// patterns, the others are a slip of the pen away.
func compare(t *testing.T, agree oracle, n int) {
	t.Helper()
	seed := uint64(time.Now().UnixNano()) % 1_000_000
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	topics := generate(t, agree, n/2, seed)
	for i := range n / 2 {
		topics = append(topics, slip(random, topics[i]))
	}
	compareChannels(t, agree)
	compareParsing(t, agree, topics)
	compareFormatting(t, agree, random, topics)
}

// compareChannels compares the constants of both.
func compareChannels(t *testing.T, agree oracle) {
	t.Helper()
	inHeader := channels(t, agree)
	for c := range topic.Channels() {
		kind := strings.ToUpper(c.Name()[:1]) + c.Name()[1:]
		got := find(inHeader, kind)
		if got.pattern != c.Filter().String() || got.maxPayload != c.MaxPayload() ||
			got.qos != int(c.QoS()) || (got.retained == 1) != c.Retain() {
			t.Errorf("%s: the header has %+v", c.Name(), got)
		}
	}
	if n := len(slices.Collect(topic.Channels())); len(inHeader) != n {
		t.Errorf("the header has %d channels, Go %d", len(inHeader), n)
	}
}

// compareParsing asks both what each topic is.
func compareParsing(t *testing.T, agree oracle, topics []string) {
	t.Helper()
	var questions []string
	for _, name := range topics {
		questions = append(questions, "parse "+tohex(name))
	}
	answers := agree(t, questions...)
	if len(answers) != len(topics) {
		t.Fatalf("%d answers to %d questions", len(answers), len(topics))
	}
	kinds := map[string]int{}
	for i, name := range topics {
		want := "-"
		if parsed, err := topic.Parse(name); err == nil {
			want = kindOf(parsed) + " " + tohex(parsed.String())
		}
		if answers[i] != want {
			t.Errorf("%q: C++ says %s, Go says %s", name, answers[i], want)
		}
		kind, _, _ := strings.Cut(answers[i], " ")
		kinds[kind]++
	}
	for _, channel := range channels(t, agree) {
		if kinds[channel.kind] == 0 {
			t.Errorf("no topic was a %s: %v", channel.kind, kinds)
		}
	}
	if kinds["-"] < len(topics)/10 {
		t.Errorf("only %d topics were wrong", kinds["-"])
	}
}

// compareFormatting lets C++ write topics from values, which are levels of the topics. Go
// writes the same topic if it reads it as one of that channel.
func compareFormatting(t *testing.T, agree oracle, random *rand.Rand, topics []string) {
	t.Helper()
	all := channels(t, agree)
	var questions, wants []string
	for _, name := range topics {
		channel := likelyChannel(random, all, name)
		values := channel.values(random, name)
		question, want := "format "+channel.kind, "-"
		for _, v := range values {
			question += " " + tohex(v)
		}
		if written := channel.substitute(values); kindOfName(written) == channel.kind {
			want = tohex(written)
		}
		questions, wants = append(questions, question), append(wants, want)
	}
	answers := agree(t, questions...)
	if len(answers) != len(wants) {
		t.Fatalf("%d answers to %d questions", len(answers), len(wants))
	}
	written := 0
	for i, want := range wants {
		if answers[i] != want {
			t.Errorf("%s: C++ writes %s, Go %s", questions[i], answers[i], want)
		}
		if want != "-" {
			written++
		}
	}
	if written < len(wants)/4 || written > len(wants)*9/10 {
		t.Errorf("%d of %d topics could be written: the values are too good or too bad", written, len(wants))
	}
}

// likelyChannel is the channel of name, mostly, so that its levels are good values.
func likelyChannel(random *rand.Rand, all []channel, name string) channel {
	if kind := kindOfName(name); kind != "" && random.IntN(4) > 0 {
		return find(all, kind)
	}
	return all[random.IntN(len(all))]
}

// kindOfName is the name of the header's class for a topic, "" for what is none.
func kindOfName(name string) string {
	parsed, err := topic.Parse(name)
	if err != nil {
		return ""
	}
	return kindOf(parsed)
}

func kindOf(t topic.Topic) string { return strings.TrimPrefix(fmt.Sprintf("%T", t), "topic.") }

// slip changes one byte of name, or drops, doubles or adds some.
func slip(random *rand.Rand, name string) string {
	const likely = "/+#$-_:.09azAZgvw \x00\x7f\x80\xff"
	b := []byte(name)
	at := random.IntN(len(b))
	some := likely[random.IntN(len(likely))]
	switch random.IntN(6) {
	case 0:
		b[at] = some
	case 1:
		b[at] ^= 1 << random.IntN(8)
	case 2:
		b = append(b[:at], b[at+1:]...)
	case 3:
		b = append(b[:at], append([]byte{some}, b[at:]...)...)
	case 4:
		b = b[:at]
	case 5:
		b = append(b, b[at:]...)
	}
	return string(b)
}
