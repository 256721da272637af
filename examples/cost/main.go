// Command cost prints what Ask Around Me costs on AWS: its HTTP API, devices on AWS IoT
// Core, topic designs, and the ways to aggregate answers. Profiles are price lists of
// several dates.
//
//	go run ./examples/cost
//	go run ./examples/cost -answers 100000 -users 50000
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/askaround/askaround-go/askaround/cost"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

// scenario is what the flags set.
type scenario struct {
	workload        cost.Workload
	users, watchers int64
}

func run(args []string, out io.Writer) error {
	s := scenario{workload: cost.AskAroundMe}
	flags := flag.NewFlagSet("cost", flag.ContinueOnError)
	flags.Int64Var(&s.workload.Questions, "questions", s.workload.Questions, "questions asked in an hour")
	flags.Int64Var(&s.workload.Reads, "reads", s.workload.Reads, "searches in an hour")
	flags.Int64Var(&s.workload.Answers, "answers", s.workload.Answers, "answers in an hour")
	flags.Int64Var(&s.users, "users", 8_333, "users connected at a time")
	flags.Int64Var(&s.watchers, "watchers", 20, "users who want to hear of a question, or of answers to it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	for _, n := range []int64{s.workload.Questions, s.workload.Reads, s.workload.Answers, s.users, s.watchers} {
		if n < 0 || n > 1_000_000_000_000 {
			return fmt.Errorf("%d is not a count from 0 to a million million", n)
		}
	}
	for _, fill := range []func(*table) error{s.api, s.devices, s.messages, s.answerTopics, s.questionTopics, s.aggregation} {
		var t table
		if err := fill(&t); err != nil {
			return err
		}
		if err := t.write(out); err != nil {
			return err
		}
	}
	return nil
}

// api is the table of the posts: requests, and their price as REST and as HTTP API.
func (s scenario) api(t *table) error {
	t.title = "API Gateway, one year"
	t.row("", "an hour", "a day", "a year")
	for _, r := range []struct {
		name string
		hour int64
	}{{"PUT questions", s.workload.Questions}, {"GET questions", s.workload.Reads}, {"PUT answers", s.workload.Answers}} {
		t.row(r.name, count(r.hour), count(r.hour*24), count(r.hour*cost.HoursPerYear))
	}
	t.row("all", "", "", count(s.workload.RequestsPerYear()))
	t.row("", "REST API", "HTTP API", "ratio")
	for _, p := range []cost.Profile{cost.Blog2020, cost.List2025} {
		rest, err := p.REST.Year(s.workload.RequestsPerYear())
		if err != nil {
			return err
		}
		http, err := p.HTTP.Year(s.workload.RequestsPerYear())
		if err != nil {
			return err
		}
		t.row(label(p), rest, http, percent(http, rest))
	}
	return nil
}

func label(p cost.Profile) string { return p.Name + ", " + p.Date }

// percent writes a as hundredths of b, with two decimals.
func percent(a, b cost.Money) string {
	if b == 0 {
		return "-"
	}
	hundredths := (int64(a)/100*10_000 + int64(b)/200) / max(1, int64(b)/100)
	return fmt.Sprintf("%d.%02d%%", hundredths/100, hundredths%100)
}

// devices compares the two models of AWS IoT.
func (s scenario) devices(t *table) error {
	t.title = "AWS IoT, one device for one year, always connected"
	t.row("messages a day, each triggers a rule", "by message", "by component", "reduction")
	for _, day := range []int64{0, 45, 60, 300, 1440} {
		traffic := []cost.Traffic{{PerYear: day * 365, Bytes: 256}}
		f := cost.Fleet{Devices: 1, Connected: cost.MinutesPerYear, Messages: traffic, Rules: traffic}
		before, err := cost.MessagesOnly.Fleet(f)
		if err != nil {
			return err
		}
		after, err := cost.IoT2018.Fleet(f)
		if err != nil {
			return err
		}
		reduction := "-"
		if before.Total() > 0 {
			reduction = percent(before.Total()-after.Total(), before.Total())
		}
		t.row(count(day), before.Total().Exact(), after.Total().Exact(), reduction)
	}
	return nil
}

// messages shows the steps of metering.
func (s scenario) messages(t *table) error {
	t.title = "Metering of one message or shadow, in units"
	t.row("bytes", "512-byte messages", "5 KB messages, rules", "1 KB shadow operations")
	for _, bytes := range []int64{200, 512, 513, 1024, 1536, 5 * cost.KB, 8 * cost.KB, 128 * cost.KB} {
		t.row(count(bytes), cost.Metered(bytes, cost.MessagesOnly.IoT.MessageStep),
			cost.Metered(bytes, cost.IoT2018.IoT.MessageStep), cost.Metered(bytes, cost.IoT2018.IoT.OperationStep))
	}
	return nil
}

// answerTopics compares where sums are published.
func (s scenario) answerTopics(t *table) error {
	t.title = fmt.Sprintf("Topics for %s answers a year, %s users connected, %s of them watch a question", count(s.workload.AnswersPerYear()), count(s.users), count(s.watchers))
	return fanOut(t, s.workload.AnswersPerYear(), []cost.Design{
		{Name: "one topic for all answers", Delivered: s.users},
		{Name: "a topic for each question", Delivered: s.watchers},
	})
}

// questionTopics compares the cells that new questions are published to. What share of
// the delivered questions lies within five miles was measured for each.
func (s scenario) questionTopics(t *table) error {
	t.title = fmt.Sprintf("Topics for %s questions a year, %s users within five miles of one", count(s.workload.QuestionsPerYear()), count(s.watchers))
	return fanOut(t, s.workload.QuestionsPerYear(), []cost.Design{
		{Name: "one topic for all questions", Delivered: s.users},
		{Name: "one cell of 52.6 km (5.9 % wanted, 16.3 % lost)", Delivered: s.watchers * 1000, Per: 59},
		{Name: "S2 cells of level 10 (36 % wanted)", Delivered: s.watchers * 100, Per: 36},
		{Name: "S2 cells of level 11 (57 % wanted)", Delivered: s.watchers * 100, Per: 57},
	})
}

func fanOut(t *table, published int64, designs []cost.Design) error {
	t.row("", "messages delivered", "a year")
	for _, d := range designs {
		n, price, err := cost.List2025.FanOut(published, d)
		if err != nil {
			return fmt.Errorf("%s: %w", d.Name, err)
		}
		t.row(d.Name, count(n), price)
	}
	return nil
}

// aggregation compares the ways to keep sums.
func (s scenario) aggregation(t *table) error {
	t.title = fmt.Sprintf("DynamoDB on demand: what sums add to %s answers a year", count(s.workload.AnswersPerYear()))
	t.row("", cost.Blog2020.Date, cost.List2025.Date, "exact as long as")
	for _, m := range cost.Methods() {
		then, err := cost.Blog2020.Aggregation(s.workload.AnswersPerYear(), m)
		if err != nil {
			return err
		}
		now, err := cost.List2025.Aggregation(s.workload.AnswersPerYear(), m)
		if err != nil {
			return err
		}
		t.row(m.Name, then, now, m.Exact)
	}
	return nil
}
