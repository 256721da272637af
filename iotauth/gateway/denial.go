package gateway

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
)

// A gate lets the first events of a flood pass, and then one now and then, so that who
// sends what is denied fills no log, and costs no explanation.
type gate struct {
	burst int           // that pass at once
	every time.Duration // then one in this time

	mu      sync.Mutex
	used    int       // of burst
	since   time.Time // when one of used comes free is counted from here
	skipped int       // since the last that passed
}

// pass reports whether an event passes, and how many before it did not.
func (g *gate) pass() (skipped int, ok bool) {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	if free := int(now.Sub(g.since) / g.every); free >= g.used {
		g.used, g.since = 0, now
	} else {
		g.used -= free
		g.since = g.since.Add(time.Duration(free) * g.every)
	}
	if g.used == g.burst {
		g.skipped++
		return 0, false
	}
	g.used++
	skipped, g.skipped = g.skipped, 0
	return skipped, true
}

// rest returns how many events did not pass since the last that did.
func (g *gate) rest() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.skipped
}

// log writes what no client is told. Neither user name nor headers are in it: they may
// carry tokens.
func (a *admission) log(ctx context.Context, s *subject, message string, attrs ...slog.Attr) {
	all := []slog.Attr{
		slog.String("client_id", s.connection.ClientID),
		slog.String("session_id", s.session),
		slog.String("remote_addr", s.remote),
		slog.String("carrier", s.kind.String()),
	}
	a.options.Logger.LogAttrs(ctx, slog.LevelWarn, message, append(all, attrs...)...)
}

// refused counts and logs a client that does not get in.
func (a *admission) refused(ctx context.Context, s *subject, err error) {
	var refusal *mqtt.Refusal
	if errors.As(err, &refusal) && refusal.Reason == mqtt.ServerUnavailable {
		a.counters.connectServerError.Add(1)
	} else {
		a.counters.connectAuthError.Add(1)
	}
	if skipped, ok := a.refusals.pass(); ok {
		a.log(ctx, s, "refused", slog.String("reason", err.Error()), slog.Int("not_logged", skipped))
	}
}
