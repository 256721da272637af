package cost

import "fmt"

// MinutesPerYear is a year of 365 days.
const MinutesPerYear = 365 * 24 * 60

// Traffic is something that happens a number of times in a year, of a size.
type Traffic struct {
	PerYear int64
	Bytes   int64
}

// Fleet is what a number of equal devices do in a year. Pings that keep a connection
// alive, every 30 seconds to 20 minutes, are free.
type Fleet struct {
	Devices   int64
	Connected int64     // minutes of one device: MinutesPerYear when it is always on
	Messages  []Traffic // to and from one device
	Rules     []Traffic // triggered by one device
	Actions   int64     // of each rule; 0 is charged as 1
	Shadow    []Traffic // operations of one device on its shadow or registry entry
}

// A Line is one component of a bill.
type Line struct {
	Item  string
	Units int64 // as metered
	Cost  Money
}

// A Bill is the price of a year, by component.
type Bill []Line

// Total returns the sum of the bill.
func (b Bill) Total() Money {
	var sum Money
	for _, line := range b {
		sum += line.Cost // cannot exceed what bill has checked
	}
	return sum
}

// Fleet returns what the fleet's year costs. Errors: [ErrRange].
func (p Profile) Fleet(f Fleet) (Bill, error) {
	return p.fleet(f, func(t Tariff, units, _ int64) (Money, error) { return t.Year(units) })
}

// FleetFirstYear is Fleet less the free tier of an account's first year.
func (p Profile) FleetFirstYear(f Fleet) (Bill, error) {
	return p.fleet(f, func(t Tariff, units, free int64) (Money, error) {
		return t.Year(max(0, units-monthsPerYear*free))
	})
}

func (p Profile) fleet(f Fleet, price func(t Tariff, units, free int64) (Money, error)) (Bill, error) {
	var bill Bill
	var sum Money
	for _, c := range []struct {
		item   string
		tariff Tariff
		free   int64
		units  func() (int64, error)
	}{
		{"connection minutes", p.IoT.ConnectionMinutes, p.IoT.Free.ConnectionMinutes, func() (int64, error) { return mul(f.Devices, f.Connected) }},
		{"messages", p.IoT.Messages, p.IoT.Free.Messages, func() (int64, error) { return metered(f.Devices, p.IoT.MessageStep, f.Messages) }},
		{"rules", p.IoT.Rules, p.IoT.Free.Rules, func() (int64, error) { return metered(f.Devices, p.IoT.RuleStep, f.Rules) }},
		{"actions", p.IoT.Actions, p.IoT.Free.Actions, func() (int64, error) { return f.actions(p.IoT.RuleStep) }},
		{"shadow operations", p.IoT.Operations, p.IoT.Free.Operations, func() (int64, error) { return metered(f.Devices, p.IoT.OperationStep, f.Shadow) }},
	} {
		units, err := c.units()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.item, err)
		}
		cost, err := price(c.tariff, units, c.free)
		if err == nil {
			sum, err = plus(sum, cost)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.item, err)
		}
		bill = append(bill, Line{c.item, units, cost})
	}
	return bill, nil
}

// metered returns the units of all devices' traffic.
func metered(devices, step int64, traffic []Traffic) (int64, error) {
	var sum int64
	for _, t := range traffic {
		if t.Bytes < 0 {
			return 0, ErrRange
		}
		units, err := mul(devices, t.PerYear, Metered(t.Bytes, step))
		if err != nil || sum+units < sum {
			return 0, ErrRange
		}
		sum += units
	}
	return sum, nil
}

// actions returns the units of all rules' actions, one for each rule at least.
func (f Fleet) actions(step int64) (int64, error) {
	if f.Actions < 0 {
		return 0, ErrRange
	}
	rules, err := metered(f.Devices, step, f.Rules)
	if err != nil {
		return 0, err
	}
	return mul(rules, max(1, f.Actions))
}
