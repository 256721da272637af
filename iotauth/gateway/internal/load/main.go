// Command load measures the gateway beside the broker that it takes its packets from and
// beside mosquitto, each as a process of its own, with the same clients over loopback TCP:
//
//	go run ./iotauth/gateway/internal/load
//
// The gateway decides on every CONNECT, PUBLISH, SUBSCRIBE and delivery, by policies with
// variables that an authorizer returned; the others let everybody do everything. Clients
// subscribe in groups to a topic of their group. Publishers first send as fast as they are
// acknowledged, then at half the rate that the slowest broker took, for the latency.
//
// The processor time of a broker is that of its process for each delivery, and does not
// depend on what else the machine does; rates and latencies do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"text/tabwriter"
	"time"
)

func main() {
	if name, ok := os.LookupEnv(serveVariable); ok {
		if err := serve(name, os.Stdout, os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, "load:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var s shape
	flag.IntVar(&s.connections, "connections", 1000, "`number` of clients, publishers included")
	flag.IntVar(&s.publishers, "publishers", 20, "`number` of clients that publish")
	flag.IntVar(&s.fan, "fan", 50, "`number` of subscribers that get each message")
	flag.IntVar(&s.window, "window", 16, "`number` of messages that a publisher has under way")
	flag.IntVar(&s.bytes, "bytes", 200, "`number` of bytes of a payload, at least 8")
	flag.DurationVar(&s.time, "for", 10*time.Second, "`time` of each measurement")
	flag.Parse()
	if err := run(ctx, s, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// shape is what is measured.
type shape struct {
	connections, publishers, fan, window, bytes int
	time                                        time.Duration
}

func (s shape) validate() error {
	if s.publishers < 1 || s.fan < 1 || s.window < 1 || s.window > 100 || s.bytes < 8 || s.time <= 0 || s.connections-s.publishers < s.fan {
		return errors.New("the numbers do not go together: see -help")
	}
	return nil
}

// run measures each broker, and prints a table.
func run(ctx context.Context, s shape, out io.Writer) error {
	if err := s.validate(); err != nil {
		return err
	}
	var results []result
	slowest := 0.0
	for _, name := range brokers {
		b, err := start(ctx, name)
		if errors.Is(err, errMissing) {
			fmt.Fprintf(os.Stderr, "load: %v\n", err)
			continue
		} else if err != nil {
			return err
		}
		r, err := measure(ctx, s, b, 0)
		if err = errors.Join(err, b.stop()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		results = append(results, result{name: name, saturated: r})
		if slowest == 0 || r.rate() < slowest {
			slowest = r.rate()
		}
		fmt.Fprintf(os.Stderr, "%s: %.0f deliveries/s\n", name, r.rate())
	}
	for i := range results {
		b, err := start(ctx, results[i].name)
		if err != nil {
			return err
		}
		results[i].paced, err = measure(ctx, s, b, slowest/2/float64(s.fan))
		if err = errors.Join(err, b.stop()); err != nil {
			return fmt.Errorf("%s: %w", results[i].name, err)
		}
	}
	print(out, s, results, slowest/2)
	return nil
}

// result is what one broker did.
type result struct {
	name             string
	saturated, paced figures
}

func print(out io.Writer, s shape, results []result, rate float64) {
	fmt.Fprintf(out, "%d connections, %d of which publish %d bytes at QoS 1 to %d subscribers each; %v a measurement\n\n", s.connections, s.publishers, s.bytes, s.fan, s.time)
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	fmt.Fprintf(w, "| broker\t| deliveries/s\t| processor time each\t| at %.0f deliveries/s: p50 / p99\t|\n", rate)
	fmt.Fprint(w, "|---\t|---\t|---\t|---\t|\n")
	for _, r := range results {
		fmt.Fprintf(w, "| %s\t| %.0f\t| %v\t| %v / %v\t|\n", r.name, r.saturated.rate(), r.saturated.processorTime(), r.paced.quantile(0.5), r.paced.quantile(0.99))
	}
	_ = w.Flush()
}
