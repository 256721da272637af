package rate

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestBucket compares with the definition: what is there is what was there, and what has come
// since, up to what a second brings.
func TestBucket(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 100 {
		perSecond := []float64{0.1, 1, 7, 1e6}[r.IntN(4)]
		burst := max(perSecond, 1)
		b, now, tokens := New(perSecond), time.Now(), burst
		b.last = now
		const slack = 1e-6 // of floating point
		for range 100 {
			passed := time.Duration(r.Int64N(int64(3 * time.Second)))
			now = now.Add(passed)
			tokens = min(burst, tokens+passed.Seconds()*perSecond)
			until := func(n float64) time.Duration { return time.Duration(max(0, n-tokens) / perSecond * 1e9) }
			check := func(what string, got, want time.Duration) {
				t.Helper()
				if diff := (got - want).Abs(); diff > time.Microsecond && float64(diff) > slack*float64(want) {
					t.Fatalf("%v per second, %v tokens: %s waits %v, want %v", perSecond, tokens, what, got, want)
				}
			}
			switch r.IntN(3) {
			case 0:
				want := until(1)
				check("Take", b.Take(now), want)
				if want == 0 {
					tokens--
				}
			case 1:
				n := r.IntN(int(2 * burst))
				tokens -= float64(n)
				check("Spend", b.Spend(now, n), until(0))
			default:
				n := r.Float64() * burst
				check("Wait", b.Wait(now, n), until(n))
			}
		}
	}
}

// Without a limit there is no Bucket, and nothing waits.
func TestUnlimited(t *testing.T) {
	b := New(math.Inf(1))
	if b != nil || b.Take(time.Now())+b.Spend(time.Now(), math.MaxInt)+b.Wait(time.Now(), 1e9) != 0 {
		t.Error("it waits")
	}
}
