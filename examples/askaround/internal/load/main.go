// Command load measures a running Ask Around Me, in its own process and over real
// sockets: how long a PUT takes, and how long until others know of the answer: those who
// are told by MQTT or by server-sent events, and those who ask again and again.
//
//	go run ./examples/askaround/internal/load -rate 100 -for 10s -poll 500ms,1s,2s
//
// Who asks every n seconds learns of what happens at any time after n/2 seconds in the mean.
//
// With -subscribers it measures how much the server takes instead: answers at a steady rate,
// due whether the server keeps up or not, while so many clients follow the questions by
// MQTT over WebSocket.
//
//	go run ./examples/askaround/internal/load -subscribers 1000 -questions 100 -rate 2000 -for 20s
//
// The server, the subscribers and who sends the answers are processes of their own then; they
// share the machine, and what each answer costs them of the processor is told. -profiles has
// the server write its profiles, which costs it some percent.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/examples/askaround/app"
)

// options are what is measured.
type options struct {
	rate   int
	length time.Duration
	dir    string
	pace   time.Duration
	polls  periods

	subscribers, questions int    // of throughput
	profiles               string // directory
}

// periods is a flag: durations with commas between them.
type periods []time.Duration

func (p *periods) String() string { return strings.Trim(fmt.Sprint([]time.Duration(*p)), "[]") }

func (p *periods) Set(s string) error {
	*p = nil
	for _, text := range strings.Split(s, ",") {
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q is no period, such as 500ms", text)
		}
		*p = append(*p, d)
	}
	return nil
}

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(app.GCPercent) // as the example does
	}
	if role := os.Getenv(roleVariable); role != "" {
		exitOn(play(context.Background(), role, os.Stdin, os.Stdout))
		return
	}
	var o options
	flag.IntVar(&o.rate, "rate", 100, "answers a second")
	flag.DurationVar(&o.length, "for", 10*time.Second, "how long")
	flag.StringVar(&o.dir, "data", "", "`directory` of the data; empty keeps it in memory")
	flag.DurationVar(&o.pace, "pace", 0, "least `time` between two changes of a question's sums; 0 is the app's default")
	flag.Var(&o.polls, "poll", "`periods` of those who ask again and again, such as 500ms,1s")
	flag.IntVar(&o.subscribers, "subscribers", 0, "measure throughput with so many `clients` by MQTT over WebSocket instead")
	flag.IntVar(&o.questions, "questions", 100, "over which answers and subscribers are spread, with -subscribers")
	flag.StringVar(&o.profiles, "profiles", "", "`directory` for the server's profiles, with -subscribers")
	flag.Parse()
	if o.rate < 1 || o.length <= 0 || o.questions < 1 || o.subscribers < 0 {
		fmt.Fprintln(os.Stderr, "load: -rate, -for and -questions are more than nothing, -subscribers not less")
		os.Exit(2)
	}
	if o.subscribers > 0 {
		runtime.GOMAXPROCS(1) // one processor is enough for who sends, and the server needs the other
		exitOn(throughput(context.Background(), os.Stdout, o))
		return
	}
	exitOn(run(context.Background(), os.Stdout, o))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, o options) error {
	a, err := app.Open(ctx, app.Config{Dir: o.dir, Pace: o.pace})
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(running) }()
	reports, err := measure(ctx, a, o)
	stop()
	if err := errors.Join(err, <-ended); err != nil {
		return err
	}
	for _, r := range reports {
		fmt.Fprintln(w, r)
	}
	return nil
}

func client(a *app.App, user string) (*askaround.Client, string, error) {
	token, err := a.Token(user)
	if err != nil {
		return nil, "", err
	}
	c, err := askaround.New(a.URL(), askaround.WithToken(token))
	return c, token, err
}

// measure gives each answer by a user of its own, so that the number of answers in a
// summary tells which of them it contains.
func measure(ctx context.Context, a *app.App, o options) ([]report, error) {
	author, token, err := client(a, "author")
	if err != nil {
		return nil, err
	}
	asked, err := author.AskQuestion(ctx, askaround.NewQuestion{Text: "How fast is it?", Kind: "star", Location: askaround.LatLng{Lat: 51.5, Lng: -0.1}})
	if err != nil {
		return nil, err
	}
	if _, err := asked.Wait(ctx); err != nil {
		return nil, err
	}
	account, err := author.GetAccount(ctx)
	if err != nil {
		return nil, err
	}
	views := []*view{
		newView("told by MQTT", pushedByMQTT(a, token, account.Topics.Account, asked.Question)),
		newView("told by server-sent events", pushedByEvents(author, asked.Question)),
	}
	for _, every := range o.polls {
		views = append(views, newView(fmt.Sprintf("asks every %v", every), polled(author, asked.Question, every)))
	}

	following, stop := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	for _, v := range views {
		wg.Go(func() {
			if err := v.follow(following, v); err != nil && following.Err() == nil {
				stop(fmt.Errorf("%s: %w", v.name, err))
			}
		})
	}
	reports, err := answer(following, a, asked.Question, views, o)
	stop(nil)
	wg.Wait()
	return reports, err
}

// answer answers the question and says how long that took and when the views showed it.
func answer(ctx context.Context, a *app.App, question string, views []*view, o options) ([]report, error) {
	if err := warm(ctx, a, question, views); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var puts []time.Duration
	var begun []time.Time // of those that were accepted
	var wg sync.WaitGroup
	tick := time.NewTicker(time.Second / time.Duration(o.rate))
	defer tick.Stop()
	for i := range int(o.length.Seconds() * float64(o.rate)) {
		<-tick.C
		wg.Go(func() {
			c, _, err := client(a, fmt.Sprintf("user %d", i))
			if err != nil {
				return
			}
			began := time.Now()
			if _, err := c.PutAnswer(ctx, question, askaround.Stars(float64(i%11)/2)); err == nil {
				mu.Lock()
				puts, begun = append(puts, time.Since(began)), append(begun, began)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.SortFunc(begun, time.Time.Compare)
	reports := []report{newReport(fmt.Sprintf("%d answers at %d/s: PUT answered", len(puts), o.rate), puts)}
	waiting, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for _, v := range views {
		shown, err := v.until(waiting, 1+len(begun))
		if err != nil {
			return nil, err
		}
		delays := make([]time.Duration, len(begun))
		for i, began := range begun {
			delays[i] = shown[1+i].Sub(began)
		}
		reports = append(reports, newReport("PUT begun until known to who "+v.name, delays))
	}
	return reports, nil
}

// warm changes one answer until every view has it.
func warm(ctx context.Context, a *app.App, question string, views []*view) error {
	c, _, err := client(a, "the first")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for i, v := 0, 0; v < len(views); i++ {
		if _, err := c.PutAnswer(ctx, question, askaround.Stars(float64(i%11)/2)); err != nil {
			return err
		}
		patience, stop := context.WithTimeout(ctx, 100*time.Millisecond)
		for v < len(views) {
			if _, err := views[v].until(patience, 1); err != nil {
				break
			}
			v++
		}
		stop()
		if ctx.Err() != nil {
			return fmt.Errorf("who %s has learnt of no answer: %w", views[v].name, context.Cause(ctx))
		}
	}
	return nil
}

// A report says how long something took.
type report struct {
	what                 string
	mean, p50, p99, most time.Duration
}

func newReport(what string, d []time.Duration) report {
	if len(d) == 0 {
		return report{what: what + ": none"}
	}
	slices.Sort(d)
	var sum time.Duration
	for _, one := range d {
		sum += one
	}
	at := func(p float64) time.Duration { return d[int(p*float64(len(d)-1))] }
	return report{what, sum / time.Duration(len(d)), at(0.5), at(0.99), at(1)}
}

func (r report) String() string {
	const unit = 10 * time.Microsecond
	return fmt.Sprintf("%-62s mean %v, p50 %v, p99 %v, most %v", r.what, r.mean.Round(unit), r.p50.Round(unit), r.p99.Round(unit), r.most.Round(unit))
}
