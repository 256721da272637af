package credprovider

import "time"

// The figures of the cross-SDK rules.
const (
	mandatoryWindow = time.Minute
	minBackoff      = 5 * time.Minute
	maxBackoff      = 10 * time.Minute
	minMemory       = time.Second // of an error that somebody must mend
	maxMemory       = 5 * time.Second
)

// windows are the advisory and the mandatory one of credentials with a lifetime. AWS
// issues none below 15 minutes; shorter ones would else be refreshed all the time.
func windows(lifetime, configured time.Duration) (advisory, mandatory time.Duration) {
	advisory = configured
	if advisory == 0 {
		advisory = advisoryWindow(lifetime)
	}
	if advisory >= lifetime {
		advisory = lifetime / 2
	}
	return advisory, min(mandatoryWindow, lifetime/10)
}

// maxLifetime is what AWS allows a role: a longer life is taken for a wrong clock.
const maxLifetime = 12 * time.Hour

// advisoryWindow is how long before expiry a refresh may begin.
func advisoryWindow(lifetime time.Duration) time.Duration {
	switch {
	case lifetime <= 20*time.Minute:
		return 5 * time.Minute
	case lifetime < 90*time.Minute:
		return 15 * time.Minute
	}
	return time.Hour
}

// lead is how long before expiry one device refreshes: it is drawn from the first third of
// the window, which keeps the rest for tries after a failure. draw and age are random
// numbers in [0, 1).
//
// Devices that got their credentials together, after a power cut or an outage, would ask
// together for ever: the window spreads them by a few minutes only. So they act as if the
// credentials had any age, as those of devices have that started at other times. From
// then on the requests of all are even, as renewals are in equilibrium.
func lead(lifetime, window time.Duration, together bool, draw, age float64) time.Duration {
	lead := window - time.Duration(draw*float64(window)/3)
	if together {
		lead += time.Duration(age * float64(lifetime-lead))
	}
	return lead
}

// between is a random duration in [low, high).
func between(low, high time.Duration, draw float64) time.Duration {
	return low + time.Duration(draw*float64(high-low))
}

// recovery is how long who has nothing that is valid waits after n failures that may pass
// by themselves: about 2 seconds, then 6, 18 and so on.
func recovery(n int, draw float64) time.Duration {
	longest := 2 * time.Second
	for range min(n, 6) {
		longest *= 3
	}
	return between(longest/2, longest, draw)
}

// instant is a reading of two clocks: the wall clock, which somebody may set, and the
// process's own, which stands still while the machine is suspended.
type instant struct{ wall, own time.Time }

func (i instant) add(d time.Duration) instant { return instant{i.wall.Add(d), i.own.Add(d)} }

// until is the time that is left before later: the shorter of what the two clocks say.
func (i instant) until(later instant) time.Duration {
	return min(later.wall.Sub(i.wall), later.own.Sub(i.own))
}

func (i instant) reached(deadline instant) bool { return i.until(deadline) <= 0 }
