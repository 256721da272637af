package credprovider

import (
	"math/rand/v2"
	"os"
	"testing"
	"time"
)

// fleet simulates devices by the rules of refreshing, without a clock. They ask for
// credentials all the time.
type fleet struct {
	devices  int
	lifetime time.Duration
	strict   bool
	boot     time.Duration // they start within it
	down, up time.Duration // the service is ill between them
	length   time.Duration
	rng      *rand.Rand
}

// perMinute counts the requests in each minute.
func (f fleet) perMinute() []int {
	minutes := make([]int, f.length/time.Minute)
	epoch := time.Unix(1e9, 0)
	for range f.devices {
		s := state{together: true}
		for at := time.Duration(f.rng.Float64() * float64(f.boot)); at < f.length; {
			now := instant{epoch, epoch}.add(at)
			switch s.decide(now, f.strict) {
			case serve:
				at += s.nextEvent(now)
				continue
			case refuse:
				at += max(now.until(s.failureEnds), now.until(s.gate))
				continue
			}
			minutes[at/time.Minute]++
			if at >= f.down && at < f.up {
				s.fail(now, &Error{Kind: ErrUnavailable}, f.strict, f.rng.Float64(), f.rng.Float64())
				continue
			}
			advisory, mandatory := windows(f.lifetime, 0)
			n := &session{expires: now.add(f.lifetime), lifetime: f.lifetime, lead: advisory, mandatory: mandatory}
			if !f.strict {
				n.lead = lead(f.lifetime, advisory, s.together, f.rng.Float64(), f.rng.Float64())
			}
			s.succeed(n)
		}
	}
	return minutes
}

func peakAndMean(minutes []int) (peak int, mean float64) {
	sum := 0
	for _, n := range minutes {
		peak, sum = max(peak, n), sum+n
	}
	return peak, float64(sum) / float64(len(minutes))
}

// TestFleet: 100,000 devices start within 30 seconds, as after a power cut. From the
// second minute on, no minute sees more than one and a half times the mean of requests.
func TestFleet(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for _, tt := range []struct {
		name             string
		lifetime, length time.Duration
		strict, slow     bool
	}{
		{"an hour", time.Hour, 4 * time.Hour, false, false},
		{"an hour, strict", time.Hour, 2 * time.Hour, true, false},
		{"an hour, for two days", time.Hour, 48 * time.Hour, false, true},
		{"15 minutes", 15 * time.Minute, 24 * time.Hour, false, true},
		{"12 hours", 12 * time.Hour, 96 * time.Hour, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.slow && os.Getenv("ASKAROUND_SLOW") != "1" {
				t.Skip("set ASKAROUND_SLOW=1")
			}
			f := fleet{devices: 100_000, lifetime: tt.lifetime, strict: tt.strict, boot: 30 * time.Second, length: tt.length, rng: rand.New(rand.NewPCG(seed, 1))}
			peak, mean := peakAndMean(f.perMinute()[1:])
			t.Logf("requests a minute: mean %.0f, peak %d, ratio %.2f", mean, peak, float64(peak)/mean)
			if tt.strict { // the comparison: they ask together for ever
				if float64(peak) < 10*mean {
					t.Error("the simulation does not see a fleet that asks together")
				}
				return
			}
			if float64(peak) > 1.5*mean {
				t.Errorf("the peak is %.2f times the mean", float64(peak)/mean)
			}
		})
	}
}

// TestFleetAfterAnOutage: the service was ill for 20 minutes. The devices whose
// credentials were due come back within minutes, before they end, and are spread anew.
func TestFleetAfterAnOutage(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	f := fleet{devices: 100_000, lifetime: time.Hour, boot: 30 * time.Second, down: 2 * time.Hour, up: 2*time.Hour + 20*time.Minute,
		length: 5 * time.Hour, rng: rand.New(rand.NewPCG(seed, 1))}
	minutes := f.perMinute()
	_, usual := peakAndMean(minutes[60 : 2*60])
	ill, _ := peakAndMean(minutes[2*60 : 2*60+20])
	back, _ := peakAndMean(minutes[2*60+20 : 3*60+20])
	peak, mean := peakAndMean(minutes[3*60+20:])
	t.Logf("requests a minute: usually %.0f; at most %d in the outage, %d in the hour after it; then mean %.0f, peak %d", usual, ill, back, mean, peak)
	if float64(ill) > 12*usual || float64(back) > 12*usual {
		t.Error("the outage makes a storm")
	}
	if float64(peak) > 2*mean { // half of the devices are still where they were
		t.Errorf("the peak is %.2f times the mean", float64(peak)/mean)
	}
}
