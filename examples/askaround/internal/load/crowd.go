package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
)

// An order to the part that has the subscribers; what is empty is not asked.
type crowdOrder struct {
	Host           string   // connect to it, with these tokens, and follow these topics
	Tokens, Topics []string // of each subscriber
	Until          []int64  // wait until each subscriber has seen so many answers
	Sights         bool     // tell what each has seen
}

// crowdState answers an order.
type crowdState struct {
	Messages  int           // that all have received
	Processor time.Duration // user and system
	Sights    [][]sight
}

// follow plays the subscribers.
func follow(ctx context.Context, in io.Reader, out io.Writer) error {
	runtime.GOMAXPROCS(1) // one processor is enough, and the server needs the other
	ctx, stop := context.WithCancel(ctx)
	reading, readingCtx := errgroup.WithContext(ctx)
	var all []*subscriber
	err := answerOrders(in, out, func(o crowdOrder) (crowdState, error) {
		if o.Host != "" {
			if err := connect(ctx, o, &all); err != nil {
				return crowdState{}, err
			}
			for _, one := range all {
				reading.Go(func() error { return one.run(ctx) })
			}
		}
		err := settle(readingCtx, all, o.Until)
		return stateOf(all, o.Sights), err
	})
	stop()
	if ended := reading.Wait(); err != nil { // their error is how reading ended
		err = errors.Join(err, ended)
	}
	return err
}

// connect lets the subscribers in, some at a time.
func connect(ctx context.Context, o crowdOrder, all *[]*subscriber) error {
	*all = make([]*subscriber, len(o.Tokens))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for i, token := range o.Tokens {
		group.Go(func() (err error) {
			(*all)[i], err = subscribe(ctx, o.Host, token, fmt.Sprint("load", i), o.Topics[i])
			return err
		})
	}
	return group.Wait()
}

// settle waits until each has seen so many answers.
func settle(ctx context.Context, all []*subscriber, until []int64) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for i, n := range until {
		if err := all[i].until(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

func stateOf(all []*subscriber, sights bool) crowdState {
	state := crowdState{Processor: processorTime()}
	for _, s := range all {
		s.mu.Lock()
		state.Messages += s.messages
		if sights {
			state.Sights = append(state.Sights, s.sights)
		}
		s.mu.Unlock()
	}
	return state
}
