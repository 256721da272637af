package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround/topic"
)

// warmUp is how long the load lasts before it is measured.
const warmUp = 2 * time.Second

// patience bounds the wait for what was accepted to reach the last subscriber.
const patience = 60 * time.Second

// throughput measures a server: answers to some questions, at random and each by a user who
// has not answered the question before, while subscribers follow the questions, spread
// evenly over them.
func throughput(ctx context.Context, w io.Writer, o options) (err error) {
	s, err := startServer(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	crowd, err := startPart(ctx, subscribersRole)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, crowd.stop()) }()
	t := &trial{options: o, server: s, crowd: crowd}
	if err := t.prepare(ctx); err != nil {
		return err
	}
	return t.run(w)
}

// trial is one measurement.
type trial struct {
	options    options
	server     *server
	crowd      *part
	questions  []string
	warm, puts []put
	sights     [][]sight // of each subscriber; the i-th follows question i modulo their number
}

// prepare asks the questions, gets the tokens and lets the subscribers in.
func (t *trial) prepare(ctx context.Context) error {
	token, err := fetchToken(ctx, t.server.url, "author")
	if err != nil {
		return err
	}
	author, err := askaround.New(t.server.url, askaround.WithToken(token))
	if err != nil {
		return err
	}
	for i := range t.options.questions {
		at := askaround.LatLng{Lat: 51.5 + float64(i%10)/100, Lng: -0.1 + float64(i/10%10)/100}
		asked, err := author.AskQuestion(ctx, askaround.NewQuestion{Text: fmt.Sprintf("How fast is it? (%d)", i), Kind: "star", Location: at})
		if err != nil {
			return err
		}
		if _, err := asked.Wait(ctx); err != nil {
			return err
		}
		t.questions = append(t.questions, asked.Question)
	}
	return errors.Join(t.preparePuts(ctx), t.prepareSubscribers(ctx))
}

// preparePuts makes answers to questions at random, the same in each run. The n-th answer
// to a question is user n's.
func (t *trial) preparePuts(ctx context.Context) error {
	warm := int(warmUp.Seconds() * float64(t.options.rate))
	chosen := make([]int, warm+int(t.options.length.Seconds()*float64(t.options.rate)))
	random, answers := rand.New(rand.NewPCG(1, 2)), make([]int, len(t.questions))
	for i := range chosen {
		chosen[i] = random.IntN(len(t.questions))
		answers[chosen[i]]++
	}
	tokens, err := fetchTokens(ctx, t.server.url, "user", slices.Max(answers))
	if err != nil {
		return err
	}
	puts := make([]put, len(chosen))
	for i, q := range chosen {
		answers[q]--
		puts[i] = newPut(hostOf(t.server.url), t.questions[q], tokens[answers[q]], q, i%11)
	}
	t.warm, t.puts = puts[:warm], puts[warm:]
	return nil
}

func (t *trial) prepareSubscribers(ctx context.Context) error {
	tokens, err := fetchTokens(ctx, t.server.url, "subscriber", t.options.subscribers)
	if err != nil {
		return err
	}
	topics := make([]string, len(tokens))
	for i := range topics {
		name, err := topic.NewQuestion(t.questions[i%len(t.questions)])
		if err != nil {
			return err
		}
		topics[i] = name.String()
	}
	return t.crowd.ask(crowdOrder{Host: hostOf(t.server.url), Tokens: tokens, Topics: topics}, new(crowdState))
}

// run sends the answers and tells what came of them.
func (t *trial) run(w io.Writer) error {
	host := hostOf(t.server.url)
	if err := send(host, t.warm, t.options.rate); err != nil {
		return err
	}
	crowdBefore, err := t.settle(t.warm)
	if err != nil {
		return err
	}
	before, err := t.server.usage(begin)
	if err != nil {
		return err
	}
	own, began := processorTime(), time.Now()
	if err := send(host, t.puts, t.options.rate); err != nil {
		return err
	}
	sent := time.Since(began)
	crowdAfter, err := t.settle(slices.Concat(t.warm, t.puts))
	if err != nil {
		return err
	}
	known := time.Since(began)
	own = processorTime() - own + crowdAfter.Processor - crowdBefore.Processor
	after, err := t.server.usage(end)
	if err != nil {
		return err
	}
	var all crowdState
	if err := t.crowd.ask(crowdOrder{Sights: true}, &all); err != nil {
		return err
	}
	t.sights = all.Sights
	t.report(w, sent, known, own, crowdAfter.Messages-crowdBefore.Messages, before, after)
	return nil
}

// settle waits until every subscriber has seen all answers that were accepted.
func (t *trial) settle(sent []put) (state crowdState, err error) {
	accepted := t.accepted(sent)
	order := crowdOrder{Until: make([]int64, t.options.subscribers)}
	for i := range order.Until {
		order.Until[i] = int64(len(accepted[i%len(accepted)]))
	}
	err = t.crowd.ask(order, &state)
	return state, err
}

// accepted returns the answers that were accepted, by question, in the order in which they
// were due.
func (t *trial) accepted(sent []put) [][]put {
	accepted := make([][]put, len(t.questions))
	for _, p := range sent {
		if p.status == http.StatusAccepted {
			accepted[p.question] = append(accepted[p.question], p)
		}
	}
	return accepted
}

// report tells what came of the answers, which were sent in the time sent and known to
// every subscriber in the time known, and what they cost: the clients own of processor.
func (t *trial) report(w io.Writer, sent, known, own time.Duration, messages int, before, after usage) {
	statuses, took := map[int]int{}, []time.Duration{}
	for _, p := range t.puts {
		statuses[p.status]++
		took = append(took, p.took)
	}
	n := float64(statuses[http.StatusAccepted])
	fmt.Fprintf(w, "%d subscribers, %d questions, %d/s wanted, %.0f/s accepted, %.0f/s known to all; statuses %v\n",
		t.options.subscribers, len(t.questions), t.options.rate, n/sent.Seconds(), n/known.Seconds(), statuses)
	fmt.Fprintln(w, newReport("PUT due until answered", took))
	fmt.Fprintln(w, newReport("PUT due until a subscriber knows", t.delays()))
	fmt.Fprintf(w, "%.0f messages/s to subscribers\n", float64(messages)/known.Seconds())
	each := func(a, b uint64) float64 { return float64(b-a) / n }
	fmt.Fprintf(w, "for each answer: server %.0f µs of processor, clients %.0f µs; server %.0f allocations, %.1f KB, %.4f collections\n",
		float64((after.Processor-before.Processor).Microseconds())/n, float64(own.Microseconds())/n,
		each(before.Mallocs, after.Mallocs), each(before.Allocated, after.Allocated)/1000, float64(after.Collector-before.Collector)/n)
	for _, name := range slices.Sorted(maps.Keys(after.Figures.Mappings)) {
		a, b := before.Figures.Mappings[name], after.Figures.Mappings[name]
		if calls := float64(b.Batches - a.Batches); calls > 0 {
			fmt.Fprintf(w, "  %-24s %6.0f calls/s of %6.1f, %d failures\n", name, calls/known.Seconds(), float64(b.Records-a.Records)/calls, b.Failures-a.Failures)
		}
	}
}

// delays returns, for each subscriber and each answer to its question, how long after the
// answer was due the subscriber knew of as many.
func (t *trial) delays() []time.Duration {
	warm, measured := t.accepted(t.warm), t.accepted(t.puts)
	var delays []time.Duration
	for i, sights := range t.sights {
		q := i % len(t.questions)
		for k, p := range measured[q] {
			answers := int64(len(warm[q]) + k + 1)
			at, _ := slices.BinarySearchFunc(sights, answers, func(s sight, n int64) int { return cmp.Compare(s.Answers, n) })
			delays = append(delays, sights[at].At.Sub(p.due))
		}
	}
	return delays
}

// fetchTokens gets the tokens of so many users.
func fetchTokens(ctx context.Context, server, name string, n int) ([]string, error) {
	tokens := make([]string, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range tokens {
		group.Go(func() (err error) {
			tokens[i], err = fetchToken(ctx, server, fmt.Sprintf("%s %d", name, i))
			return err
		})
	}
	return tokens, group.Wait()
}

// fetchToken gets a token of the development issuer.
func fetchToken(ctx context.Context, server, user string) (string, error) {
	form := strings.NewReader(url.Values{"user": {user}}.Encode())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, server+"/dev/token", form)
	if err != nil {
		return "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var out struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&out); err != nil || out.Token == "" {
		return "", fmt.Errorf("no token: %s: %w", response.Status, err)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return out.Token, err
}
