package dynamodb

import "time"

// Billing modes.
const (
	billingProvisioned = "PROVISIONED"
	billingOnDemand    = "PAY_PER_REQUEST"
)

// maxUnits is the most that a request may ask for at all, far above any quota.
const maxUnits = 1_000_000_000_000

// checkBilling checks what a request says of billing against the mode that results.
func checkBilling(mode string, t *throughput) error {
	switch {
	case mode == billingOnDemand && t != nil:
		return badParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	case t == nil:
		return nil
	case t.ReadCapacityUnits > maxUnits:
		return invalid("Given value %d for ReadCapacityUnits is out of bounds", t.ReadCapacityUnits)
	case t.WriteCapacityUnits > maxUnits:
		return invalid("Given value %d for WriteCapacityUnits is out of bounds", t.WriteCapacityUnits)
	}
	return nil
}

// checkIndexBilling checks the throughput of a global index in the same way.
func checkIndexBilling(mode, index string, t *throughput) error {
	switch {
	case mode == billingOnDemand && t != nil:
		return badParameter("ProvisionedThroughput should not be specified for index: %s when BillingMode is PAY_PER_REQUEST", index)
	case mode != billingOnDemand && t == nil:
		return badParameter("ProvisionedThroughput must be specified for index: %s", index)
	}
	return checkBilling(mode, t)
}

// throughputHistory is what a table or index tells of changes of its throughput.
type throughputHistory struct {
	Increased, Decreased time.Time
	Decreases            int64 // on the day of Decreased, by UTC
}

// changed notes a change.
func (h throughputHistory) changed(from, to throughput, now time.Time) throughputHistory {
	if to.ReadCapacityUnits > from.ReadCapacityUnits || to.WriteCapacityUnits > from.WriteCapacityUnits {
		h.Increased = now
	}
	if to.ReadCapacityUnits < from.ReadCapacityUnits || to.WriteCapacityUnits < from.WriteCapacityUnits {
		h.Decreases = h.decreases(now) + 1
		h.Decreased = now
	}
	return h
}

// decreases is how often the throughput was decreased on the day of now.
func (h throughputHistory) decreases(now time.Time) int64 {
	if h.Decreased.UTC().Truncate(24*time.Hour) != now.UTC().Truncate(24*time.Hour) {
		return 0
	}
	return h.Decreases
}

// setThroughput changes the throughput of the table, index "", or of a global index.
// One that stays what it is, is an error, as on AWS.
func (d *tableDefinition) setThroughput(index string, at *throughput, to throughput, now time.Time) error {
	if *at == to {
		what, of := "table", "table"
		if index != "" {
			what, of = "index "+index, "index"
		}
		return invalid("The provisioned throughput for the %s will not change. The requested value equals the current value. "+
			"Current ReadCapacityUnits provisioned for the %s: %d. Requested ReadCapacityUnits: %d. "+
			"Current WriteCapacityUnits provisioned for the %s: %d. Requested WriteCapacityUnits: %d. "+
			"Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
			what, of, at.ReadCapacityUnits, to.ReadCapacityUnits, of, at.WriteCapacityUnits, to.WriteCapacityUnits)
	}
	if *at != (throughput{}) { // else it had none until now
		d.ThroughputHistory[index] = d.ThroughputHistory[index].changed(*at, to, now)
	}
	*at = to
	return nil
}

type throughputDescription struct {
	LastIncreaseDateTime   float64 `json:",omitempty"`
	LastDecreaseDateTime   float64 `json:",omitempty"`
	NumberOfDecreasesToday int64
	ReadCapacityUnits      int64
	WriteCapacityUnits     int64
}

// describeThroughput tells the throughput of the table or of a global index.
func (d *tableDefinition) describeThroughput(index string, t throughput, now time.Time) throughputDescription {
	h := d.ThroughputHistory[index]
	out := throughputDescription{
		NumberOfDecreasesToday: h.decreases(now),
		ReadCapacityUnits:      t.ReadCapacityUnits, WriteCapacityUnits: t.WriteCapacityUnits,
	}
	if !h.Increased.IsZero() {
		out.LastIncreaseDateTime = seconds(h.Increased)
	}
	if !h.Decreased.IsZero() {
		out.LastDecreaseDateTime = seconds(h.Decreased)
	}
	return out
}

type billingSummary struct {
	BillingMode                       string
	LastUpdateToPayPerRequestDateTime float64 `json:",omitempty"`
}

// describeBilling is nil for a table that was never on demand.
func (d *tableDefinition) describeBilling() *billingSummary {
	since := d.OnDemandSince
	if since.IsZero() && d.BillingMode == billingOnDemand {
		since = d.Created
	}
	if since.IsZero() {
		return nil
	}
	return &billingSummary{d.BillingMode, seconds(since)}
}
