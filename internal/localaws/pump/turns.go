package pump

import "time"

// turns gives a shard its turns by Pace: one in each period, and the periods of a
// stream's shards begin one after another, so that their batches do not come all at once.
// The zero value lets everything pass.
type turns struct {
	pace  time.Duration
	shift time.Duration // of the periods, against those of the first shard
	next  time.Time     // when the period after the one of the last turn begins
}

func newTurns(pace time.Duration, shard, shards int) turns {
	return turns{pace: pace, shift: pace * time.Duration(shard) / time.Duration(max(shards, 1))}
}

// wait returns how long the next turn is away; it is not positive when it has come.
func (t *turns) wait(now time.Time) time.Duration { return t.next.Sub(now) }

// take takes the turn of the present period.
func (t *turns) take(now time.Time) {
	if t.pace > 0 {
		t.next = now.Add(-t.shift).Truncate(t.pace).Add(t.shift + t.pace)
	}
}
