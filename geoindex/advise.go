package geoindex

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// AdviseOptions tell Advise what a sample stands for. A zero value means the default.
type AdviseOptions struct {
	// Items is how many items the table will hold. Default: as many as the sample.
	Items float64
	// ItemBytes is their mean size. Default 256.
	ItemBytes float64
	// WriteUnits is how many write units per second the table takes at most. Default: few.
	WriteUnits float64
	// Centers is how many searches are tried for each radius. Default 30.
	Centers int
}

// Advice is what suits a table and its searches best.
type Advice struct {
	Level    int // for Options.Level
	MaxCells int // for Options.MaxCells
	// Shards is over how many keys the hottest partition should be spread for its writes,
	// 1 for none.
	Shards  int
	Hottest float64 // share of the items in the hottest partition, 0 to 1
	Radii   []RadiusCost
	Others  []Setting // all that were tried, the best first
}

// RadiusCost is what a search of a radius costs in the mean, around a place where an
// item is, with statistics.
type RadiusCost struct {
	Radius             Meters
	Queries, ReadUnits float64
	Read, Found        float64 // items
}

// Setting is a level and a number of cells, and what they cost in the mean of all radii.
type Setting struct {
	Level, MaxCells    int
	Queries, ReadUnits float64
	Hottest            float64
}

// partitionWrites is what one partition takes in write units per second ("Best practices
// for designing and using partition keys effectively").
const partitionWrites = 1000

// Advise tries levels and coverings on a sample of points and returns the setting whose
// searches of the given radii cost least. It reads nothing: see [Table.Sample].
func Advise(sample []LatLng, radii []Meters, optFns ...func(*AdviseOptions)) (Advice, error) {
	a, err := newAdviser(sample, radii, optFns)
	if err != nil {
		return Advice{}, err
	}
	var advice Advice
	for _, level := range []int{6, 5, 4} {
		hottest := a.hottest(level)
		for _, maxCells := range []int{64, 16, 32, 128} { // of equals the first is the best
			costs, err := a.try(level, maxCells)
			if err != nil {
				return Advice{}, err
			}
			s := Setting{Level: level, MaxCells: maxCells, Hottest: hottest}
			for _, c := range costs {
				s.Queries += c.Queries / float64(len(costs))
				s.ReadUnits += c.ReadUnits / float64(len(costs))
			}
			if len(advice.Others) == 0 || s.cost() < advice.Others[0].cost() {
				advice.Level, advice.MaxCells, advice.Hottest, advice.Radii = level, maxCells, hottest, costs
				advice.Others = append([]Setting{s}, advice.Others...)
			} else {
				advice.Others = append(advice.Others, s)
			}
		}
	}
	slices.SortStableFunc(advice.Others, func(x, y Setting) int { return cmp.Compare(x.cost(), y.cost()) })
	advice.Shards = max(1, int(math.Ceil(a.options.WriteUnits*advice.Hottest/partitionWrites)))
	return advice, nil
}

// cost is what plans weigh.
func (s Setting) cost() float64 { return s.ReadUnits + requestUnits*s.Queries }

// String returns the advice as text.
func (a Advice) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "level %d, %d cells, %d shards; %.1f %% of the items in the hottest partition\n", a.Level, a.MaxCells, a.Shards, 100*a.Hottest)
	for _, r := range a.Radii {
		fmt.Fprintf(&b, "  %v: %.1f queries, %.1f read units; %.0f items read, %.0f found\n", r.Radius, r.Queries, r.ReadUnits, r.Read, r.Found)
	}
	return b.String()
}

// adviser is a sample in the order of keys.
type adviser struct {
	options   AdviseOptions
	radii     []Meters
	points    []LatLng // in the order of leafs
	leafs     []CellID
	scale     float64 // items for one of the sample
	histogram *Histogram
}

func newAdviser(sample []LatLng, radii []Meters, optFns []func(*AdviseOptions)) (*adviser, error) {
	o := AdviseOptions{Items: float64(len(sample)), ItemBytes: 256, Centers: 30}
	for _, fn := range optFns {
		fn(&o)
	}
	if len(sample) == 0 || len(radii) == 0 {
		return nil, fmt.Errorf("%w: advice needs points and radii", ErrInvalid)
	}
	if !(o.Items >= float64(len(sample))) || !(o.ItemBytes > 0) || !(o.WriteUnits >= 0) || o.Centers <= 0 {
		return nil, fmt.Errorf("%w: %+v, of a sample of %d", ErrInvalid, o, len(sample))
	}
	a := &adviser{options: o, radii: radii, scale: o.Items / float64(len(sample)), histogram: NewHistogram()}
	a.points = slices.Clone(sample)
	for _, p := range a.points {
		if err := p.Validate(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(a.points, func(p, q LatLng) int { return cmp.Compare(CellAt(p), CellAt(q)) })
	for _, p := range a.points {
		a.leafs = append(a.leafs, CellAt(p))
	}
	a.histogram.itemBytes = o.ItemBytes
	return a, nil
}

// hottest is the share of the fullest partition of a level.
func (a *adviser) hottest(level int) float64 {
	most, run := 0, 0
	for i, leaf := range a.leafs {
		if run++; i > 0 && leaf.Parent(level) != a.leafs[i-1].Parent(level) {
			run = 1
		}
		most = max(most, run)
	}
	return float64(most) / float64(len(a.leafs))
}

// within returns the sample's leafs of a run.
func (a *adviser) within(run leaves) (from, to int) {
	from, _ = slices.BinarySearch(a.leafs, run.min)
	to, _ = slices.BinarySearch(a.leafs, run.max+1)
	return from, to
}

// try returns what searches cost with a setting.
func (a *adviser) try(level, maxCells int) (costs []RadiusCost, err error) {
	for _, radius := range a.radii {
		c := RadiusCost{Radius: radius}
		for i := range a.options.Centers {
			disc, err := NewDisc(a.points[(2*i+1)*len(a.points)/(2*a.options.Centers)], radius)
			if err != nil {
				return nil, err
			}
			if err := a.search(&c, planner{layout: cells(level), histogram: a.histogram, maxCells: maxCells, maxQueries: 64}, disc); err != nil {
				return nil, err
			}
		}
		for _, sum := range []*float64{&c.Queries, &c.ReadUnits, &c.Read, &c.Found} {
			*sum /= float64(a.options.Centers)
		}
		costs = append(costs, c)
	}
	return costs, nil
}

// search adds up what a search costs that finds its histogram taught.
func (a *adviser) search(c *RadiusCost, p planner, disc Disc) error {
	const page = 1 << 20 // bytes ("Quotas in Amazon DynamoDB", Query)
	a.teach(p, disc)
	plan, err := p.plan(disc)
	if err != nil {
		return err
	}
	for _, s := range plan.spans {
		from, to := a.within(s.leaves)
		n := float64(to-from) * a.scale
		c.Queries += max(1, math.Ceil(n*a.options.ItemBytes/page))
		c.ReadUnits += units(n, a.options.ItemBytes)
		c.Read += n
		for _, at := range a.points[from:to] {
			if disc.Contains(at) {
				c.Found += a.scale
			}
		}
	}
	return nil
}

// teach shows the histogram all blocks that a disc meets.
func (a *adviser) teach(p planner, disc Disc) {
	p.layout = cells(blockLevel)
	p.maxCells = 4
	for _, c := range p.cover(newDivider(disc), false, new(room)) {
		block := leavesOf(c.id.Parent(blockLevel))
		if a.histogram.blocks[blockOf(binOf(block.min))] != nil {
			continue
		}
		from, to := a.within(block)
		a.histogram.observe(block, slices.Values(a.leafs[from:to]), int(float64(to-from)*a.scale), 1)
	}
}

// Scanner is what Sample needs of *dynamodb.Client.
type Scanner interface {
	Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
}

// Sample reads up to most points of the table for [Advise], from many of its parts, and
// their mean size in bytes. It costs the read units of as many items, or little more. Where
// the table has more, small partitions have as many points in the sample as large ones:
// [Advice].Hottest is too low then.
func (t *Table) Sample(ctx context.Context, scanner Scanner, most int) (points []LatLng, itemBytes float64, err error) {
	if most <= 0 {
		return nil, 0, fmt.Errorf("%w: a sample of %d points", ErrInvalid, most)
	}
	const segments = 64
	s := sampler{table: t, scanner: scanner, most: most}
	var open []*dynamodb.ScanInput
	for i := range int32(segments) {
		open = append(open, &dynamodb.ScanInput{
			TableName: &t.name, Segment: &i, TotalSegments: aws.Int32(segments), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		})
	}
	for len(open) > 0 && len(s.points) < most {
		if open, err = s.round(ctx, open); err != nil {
			return nil, 0, fmt.Errorf("geoindex: sample of table %s: %w", t.name, classify(err))
		}
	}
	return s.points, s.spent * unitBytes / max(1, s.read), nil
}

type sampler struct {
	table       *Table
	scanner     Scanner
	most        int
	points      []LatLng
	read, spent float64
}

// round reads some of each open segment and returns those that have more: partitions are
// not even, so that a few segments may hold all.
func (s *sampler) round(ctx context.Context, open []*dynamodb.ScanInput) (more []*dynamodb.ScanInput, err error) {
	share := (s.most - len(s.points) + len(open) - 1) / len(open)
	for _, in := range open {
		left := min(share, s.most-len(s.points))
		if left <= 0 {
			break
		}
		in.Limit = aws.Int32(int32(min(left, 10_000)))
		out, err := s.scanner.Scan(ctx, in)
		if err != nil {
			return nil, err
		}
		s.add(out)
		if in.ExclusiveStartKey = out.LastEvaluatedKey; len(out.LastEvaluatedKey) > 0 {
			more = append(more, in)
		}
	}
	return more, nil
}

func (s *sampler) add(out *dynamodb.ScanOutput) {
	for _, item := range out.Items {
		if at, ok := s.table.layout.location(item); ok {
			s.points = append(s.points, at)
		}
	}
	if out.ConsumedCapacity != nil && out.ScannedCount > 0 {
		const rounding = 0.25 // half of the unit's half, on average
		s.read += float64(out.ScannedCount)
		s.spent += max(rounding, aws.ToFloat64(out.ConsumedCapacity.CapacityUnits)-rounding)
	}
}
