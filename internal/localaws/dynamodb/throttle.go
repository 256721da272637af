package dynamodb

import (
	"sync"
	"time"
)

// burst is how long unused throughput can be saved up ("up to 5 minutes (300 seconds) of
// unused read and write capacity").
const burst = 300 * time.Second

// throttle has a token bucket for the reads and the writes of a table, and for those of
// each of its global indexes. Local indexes use the table's.
type throttle struct {
	mu      sync.Mutex // taken after the table's lock
	buckets map[bucketKey]*bucket
}

type bucketKey struct {
	index string // "" for the table
	write bool
}

// bucket is a token bucket. A request passes as long as there is a token at all, and
// takes what it turns out to use, so that the bucket can owe. When the table is created
// it holds the throughput of one second.
type bucket struct {
	units float64
	at    time.Time
}

// fill adds what came since the last time, and reports whether there is a token.
func (b *bucket) fill(rate float64, now time.Time) bool {
	if d := now.Sub(b.at); d > 0 {
		b.units += rate * d.Seconds()
		b.at = now
	}
	b.units = min(b.units, rate*burst.Seconds())
	return b.units > 0
}

// AWS's words for exceeded throughput.
const (
	tableExceeded = "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API."
	indexExceeded = "The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API"
)

func isThrottled(err error) bool {
	return err != nil && asAPIError(err).Type == nsDynamoDB+"ProvisionedThroughputExceededException"
}

// spend takes what u used from the buckets of its table, or returns a
// ProvisionedThroughputExceededException and takes nothing. The caller holds the
// table's lock, and undoes what was done where it fails.
func (e *Engine) spend(u *usage) error {
	if !e.enforces(u.table) {
		return nil
	}
	h := &u.table.throttle
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.check(u, e.now()); err != nil {
		return err
	}
	h.take(u)
	return nil
}

// spendAll is spend for the items of a transaction, on several tables: all or none.
func (e *Engine) spendAll(usages []*usage) error {
	fate := fate{items: len(usages)}
	for i, u := range usages {
		if !e.enforces(u.table) {
			continue
		}
		h := &u.table.throttle
		h.mu.Lock()
		err := h.check(u, e.now())
		h.mu.Unlock()
		if err != nil {
			if err := fate.fail(i, err); err != nil {
				return err
			}
		}
	}
	if err := fate.err(); err != nil {
		return err
	}
	for _, u := range usages {
		if e.enforces(u.table) {
			u.table.throttle.mu.Lock()
			u.table.throttle.take(u)
			u.table.throttle.mu.Unlock()
		}
	}
	return nil
}

// enforces reports whether the throughput of t is enforced.
func (e *Engine) enforces(t *table) bool {
	return e.options.EnforceThroughput && t.definition.BillingMode == billingProvisioned
}

// costs are what u takes from each bucket.
func (u *usage) costs() map[bucketKey]float64 {
	costs := map[bucketKey]float64{}
	if u.own > 0 {
		costs[bucketKey{"", u.write}] = u.own
	}
	for x, n := range u.indexes {
		key := bucketKey{"", u.write}
		if x.global {
			key.index = x.name
		}
		costs[key] += n
	}
	return costs
}

// check fills the buckets that u uses and finds out whether one of them is empty.
func (h *throttle) check(u *usage, now time.Time) error {
	costs := u.costs()
	table := bucketKey{"", u.write}
	if _, used := costs[table]; used && !h.bucket(table, u.table).fill(table.rate(u.table), now) {
		return failure("ProvisionedThroughputExceededException", tableExceeded)
	}
	for key := range costs {
		if key != table && !h.bucket(key, u.table).fill(key.rate(u.table), now) {
			return failure("ProvisionedThroughputExceededException", indexExceeded)
		}
	}
	return nil
}

// bucket returns the bucket with a key, which is made when it is first used.
func (h *throttle) bucket(key bucketKey, t *table) *bucket {
	b := h.buckets[key]
	if b == nil {
		if h.buckets == nil {
			h.buckets = map[bucketKey]*bucket{}
		}
		b = &bucket{units: key.rate(t), at: t.created}
		h.buckets[key] = b
	}
	return b
}

// rate is the throughput of the bucket with a key, in units per second.
func (k bucketKey) rate(t *table) float64 {
	at := t.definition.ProvisionedThroughput
	if k.index != "" {
		at = t.definition.indexThroughput(k.index)
	}
	if k.write {
		return float64(at.WriteCapacityUnits)
	}
	return float64(at.ReadCapacityUnits)
}

// take takes what u used; check has made the buckets.
func (h *throttle) take(u *usage) {
	for key, n := range u.costs() {
		h.buckets[key].units -= n
	}
}

// indexThroughput is the throughput of a global index, zeros where it has none.
func (d *tableDefinition) indexThroughput(name string) throughput {
	for _, x := range d.GlobalSecondaryIndexes {
		if x.IndexName == name && x.ProvisionedThroughput != nil {
			return *x.ProvisionedThroughput
		}
	}
	return throughput{}
}
