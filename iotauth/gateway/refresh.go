package gateway

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
)

// schedule sets the times of an authorizer's answer. The connection's end is counted from
// its beginning: a refresh may bring it nearer, and never puts it off.
func (p *client) schedule(answer *answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	if ends := p.begun.Add(answer.disconnectAfter); p.end == nil {
		p.ends = ends
		p.end = time.AfterFunc(time.Until(ends), func() { p.disconnect(mqtt.MaximumConnectTime) })
	} else if ends.Before(p.ends) {
		p.ends = ends
		p.end.Reset(time.Until(ends))
	}
	if p.refresh == nil {
		p.refresh = time.AfterFunc(answer.refreshAfter, p.reauthorize)
	} else {
		p.refresh.Reset(answer.refreshAfter)
	}
}

// reauthorize goes through the whole workflow again on what the client showed when it
// connected. Whatever fails ends the connection: an authorizer that is not ACTIVE any
// more, or gone, is found out here and not before.
func (p *client) reauthorize() {
	a := p.admission
	if !a.begin() {
		return
	}
	defer a.work.Done()
	a.counters.authorizerRefresh.Add(1)
	answer, err := a.authorize(p.alive, p.evidence)
	if err == nil {
		p.is(p.Principal(), answer.set)
		err = p.rebind(p.alive)
	}
	switch {
	case p.alive.Err() != nil: // nobody waits for it
	case err != nil:
		a.log(p.alive, &p.subject, "refresh failed, the connection ends", slog.String("principal", p.Principal()), slog.Any("error", err))
		p.disconnect(mqtt.NotAuthorized)
	default:
		p.schedule(answer)
	}
}

// add makes a client known, so that changes of the registry reach it.
func (a *admission) add(p *client) {
	a.mu.Lock()
	defer a.mu.Unlock()
	those := a.live[p.certificateID]
	if those == nil {
		those = map[*client]struct{}{}
		a.live[p.certificateID] = those
	}
	those[p] = struct{}{}
}

func (a *admission) remove(p *client) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.stale, p)
	delete(a.live[p.certificateID], p)
	if len(a.live[p.certificateID]) == 0 {
		delete(a.live, p.certificateID)
	}
}

// changed is called by the registry, and leaves the work to a goroutine that ends when it
// is done. Clients without certificate have nothing there but their authorizer, which
// counts at their next refresh.
func (a *admission) changed(certificateID string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if certificateID != "" {
		maps.Copy(a.stale, a.live[certificateID])
	} else {
		for id, clients := range a.live {
			if id != "" {
				maps.Copy(a.stale, clients)
			}
		}
	}
	a.startReload()
}

// startReload is called with a.mu held.
func (a *admission) startReload() {
	if a.reloading || a.closed || len(a.stale) == 0 {
		return
	}
	a.reloading = true
	a.work.Add(1)
	go a.reload()
}

// retryAfter is how long the registry is left alone after it failed.
const retryAfter = time.Second

// reload binds stale clients anew until there are none, or the registry fails.
func (a *admission) reload() {
	defer a.work.Done()
	for {
		p, ok := a.nextStale()
		if !ok {
			return
		}
		if !p.reload() {
			a.postpone(p)
			return
		}
	}
}

// nextStale takes a stale client; without one the reloader has ended.
func (a *admission) nextStale() (*client, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for p := range a.stale {
		delete(a.stale, p)
		return p, true
	}
	a.reloading = false
	return nil, false
}

// postpone leaves p and all others that are stale to a later reloader. Their old rules hold
// until then.
func (a *admission) postpone(p *client) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.reloading = false
	if a.closed {
		return
	}
	if _, connected := a.live[p.certificateID][p]; connected {
		a.stale[p] = struct{}{}
	}
	a.retry = time.AfterFunc(retryAfter, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.startReload()
	})
}

// reload binds the client anew, or ends its connection. It reports false where the registry
// did not answer.
func (p *client) reload() bool {
	err := p.rebind(p.alive)
	var refusal *mqtt.Refusal
	switch {
	case err == nil || p.alive.Err() != nil:
		return true
	case errors.As(err, &refusal) && refusal.Reason == mqtt.ServerUnavailable:
		p.admission.log(context.Background(), &p.subject, "a change did not reach the client yet", slog.Any("error", err))
		return false
	}
	p.admission.log(p.alive, &p.subject, "the connection ends", slog.String("principal", p.Principal()), slog.Any("error", err))
	p.disconnect(mqtt.AdministrativeEnd)
	return true
}
