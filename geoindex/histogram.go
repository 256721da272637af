package geoindex

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"sync"
)

// Histogram estimates how many items lie where, so that searches read little beside
// what they look for. It counts by cells of level 10, about 8 km wide, and learns from the
// responses of every search: what was read last counts most, and what was never
// read is not known, which is not the same as empty.
//
// It is an estimate: plans that follow it are right whatever it says, and only cost more
// where it is wrong. It holds a few kilobytes for each cell of level 6 (about 130 km) that
// was searched, for at most 8,192 of them (18 MB), and forgets those that were read longest
// ago. It is safe for concurrent use; tables with like items may share one.
type Histogram struct {
	mu        sync.RWMutex
	blocks    map[CellID]*block // by cell of blockLevel
	clock     uint64            // observations so far
	itemBytes float64           // mean size of an item; 0 while none was seen
	bins      float64           // bins and
	items     float64           // items observed, of late: what is known of unknown places
}

const (
	blockLevel = 6
	binLevel   = 10
	bins       = 1 << (2 * (binLevel - blockLevel)) // of a block
	maxBlocks  = 8192
)

// block holds the bins of one cell of blockLevel.
type block struct {
	items [bins]float32 // estimates
	seen  [bins]float32 // share of the bin that an estimate rests on, 0 to 1
	used  uint64        // Histogram.clock of the last observation
}

// known is the share of a bin that an estimate rests on when it needs no other beside it.
const known = 0.2

// NewHistogram returns a histogram that knows nothing.
func NewHistogram() *Histogram { return &Histogram{blocks: map[CellID]*block{}} }

// binOf returns the bin of a leaf cell as a number: bins are counted along the curve.
func binOf(leaf CellID) uint64 { return uint64(leaf) >> (2*(MaxLevel-binLevel) + 1) }

func binLeaves(bin uint64) leaves {
	const shift = 2*(MaxLevel-binLevel) + 1
	return leaves{CellID(bin<<shift | 1), CellID((bin+1)<<shift - 1)}
}

func blockOf(bin uint64) CellID { return binLeaves(bin).min.Parent(blockLevel) }

// share is how much of a bin lies in run, 0 to 1.
func share(bin uint64, run leaves) float64 {
	b := binLeaves(bin)
	lo, hi := max(b.min, run.min), min(b.max, run.max)
	if lo > hi {
		return 0
	}
	return leaves{lo, hi}.count() / b.count()
}

// expect estimates the items of run for plans; ok is false where a block of it was never
// seen: to read a gap that is full after all is dear. The caller holds mu.
func (h *Histogram) expect(run leaves) (items float64, ok bool) {
	for bin, last := binOf(run.min), binOf(run.max); bin <= last; {
		b := h.blocks[blockOf(bin)]
		if b == nil {
			return 0, false
		}
		end := min(bin|(bins-1), last)
		items += h.sum(b, bin, end, run)
		bin = end + 1
	}
	return items, true
}

// knows reports whether anything was read of the block that a leaf cell lies in.
func (h *Histogram) knows(leaf CellID) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.blocks[blockOf(binOf(leaf))] != nil
}

// suppose estimates the items of run in the mean, by what is known of other places where
// nothing is of it; ok is false for a histogram that knows nothing. The caller holds mu.
func (h *Histogram) suppose(run leaves) (items float64, ok bool) {
	for bin, last := binOf(run.min), binOf(run.max); bin <= last; {
		b := h.blocks[blockOf(bin)]
		end := min(bin|(bins-1), last)
		if b == nil {
			items += h.mean() * leaves{max(run.min, binLeaves(bin).min), min(run.max, binLeaves(end).max)}.count() / binLeaves(bin).count()
		} else {
			items += h.sum(b, bin, end, run)
		}
		bin = end + 1
	}
	return items, h.bins > 0
}

// sum estimates what the bins from first to last of a block hold of run, which may begin and
// end within those two.
func (h *Histogram) sum(b *block, first, last uint64, run leaves) float64 {
	items := h.guess(b, first) * share(first, run)
	for bin := first + 1; bin < last; bin++ {
		items += h.guess(b, bin)
	}
	if first < last {
		items += h.guess(b, last) * share(last, run)
	}
	return items
}

// guess blends what was seen of a bin with the mean of its block, and that with the mean
// of all, so that a few items in a small part make no crowd.
func (h *Histogram) guess(b *block, bin uint64) float64 {
	if b.seen[bin%bins] >= known {
		return float64(b.items[bin%bins])
	}
	return h.blend(b, bin)
}

// blend is guess for a bin of which less than enough is known.
func (h *Histogram) blend(b *block, bin uint64) float64 {
	own, part := float64(b.items[bin%bins]), float64(b.seen[bin%bins])
	items, seen := known*h.mean(), float64(known)
	for i := range bins {
		items += float64(b.items[i] * b.seen[i])
		seen += float64(b.seen[i])
	}
	return (own*part + items/seen*(known-part)) / known
}

// mean is the mean number of items of the bins that were observed of late.
func (h *Histogram) mean() float64 { return h.items / max(h.bins, 1e-9) }

// observe learns that run was read from end to end and holds count items, of which leafs
// are some or all. Of a partition with shards, one is as good as a sample.
func (h *Histogram) observe(run leaves, leafs iter.Seq[CellID], count, shards int) {
	counts, seen := map[uint64]float64{}, 0.0
	for leaf := range leafs {
		counts[binOf(leaf)]++
		seen++
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock++
	for bin, last := binOf(run.min), binOf(run.max); bin <= last; {
		b := h.block(blockOf(bin))
		for end := min(bin|(bins-1), last); bin <= end; bin++ {
			part := share(bin, run)
			items := float64(count) * part * binLeaves(bin).count() / run.count() // evenly, if nothing else is known
			if seen > 0 {
				items = counts[bin] * float64(count) / seen
			}
			h.learn(b, bin, items, part/float64(shards))
		}
	}
	h.forget()
}

// block returns a block that is observed.
func (h *Histogram) block(id CellID) *block {
	b := h.blocks[id]
	if b == nil {
		b = &block{}
		h.blocks[id] = b
	}
	b.used = h.clock
	return b
}

// learn blends what was seen of a bin, items in a part of it, with what is known of it, by
// how much of it each has seen.
func (h *Histogram) learn(b *block, bin uint64, items, part float64) {
	if part == 0 {
		return
	}
	i := bin % bins
	seen := min(1, float64(b.seen[i])+part)
	b.items[i] += float32((items/part - float64(b.items[i])) * min(1, part/seen))
	b.seen[i] = float32(seen)
	const lately = 1000 // bins
	if h.bins > lately {
		h.bins, h.items = h.bins/2, h.items/2
	}
	h.bins, h.items = h.bins+part, h.items+items
}

// forget drops the blocks that were seen longest ago, a quarter of them at once.
func (h *Histogram) forget() {
	if len(h.blocks) <= maxBlocks {
		return
	}
	ids := slices.SortedFunc(maps.Keys(h.blocks), func(a, b CellID) int {
		return cmp.Compare(h.blocks[a].used, h.blocks[b].used)
	})
	for _, id := range ids[:len(ids)/4] {
		delete(h.blocks, id)
	}
}

// weigh learns the size of items from read units at eventual consistency: of 4,096 bytes
// by halves, so that a page of n halves has half a unit less than n on average.
func (h *Histogram) weigh(items int, units float64) {
	const enough = 16 // items, below which rounding says more than they do
	if items < enough {
		return
	}
	size := max(1, (units*unitBytes-unitBytes/4)/float64(items))
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.itemBytes == 0 {
		h.itemBytes = size
	}
	const weight = 0.1 // of a page beside all before it
	h.itemBytes += weight * (size - h.itemBytes)
}

// unitBytes is what one read unit reads at eventual consistency ("Amazon DynamoDB read and
// write operations": 4 KB take half a unit).
const unitBytes = 8192

// size returns the mean size of items, or a usual one while it is not known. The caller
// holds mu.
func (h *Histogram) size() float64 {
	if h.itemBytes == 0 {
		return 256
	}
	return h.itemBytes
}

// Learn takes points for all that there are in the cells of level 6 that they lie in, as
// after an import or a scan. Places that are not valid count for nothing.
func (h *Histogram) Learn(points iter.Seq[LatLng]) {
	byBlock := map[CellID][]CellID{}
	for p := range points {
		if leaf := CellAt(p); leaf != 0 {
			block := leaf.Parent(blockLevel)
			byBlock[block] = append(byBlock[block], leaf)
		}
	}
	for _, block := range slices.Sorted(maps.Keys(byBlock)) {
		leafs := byBlock[block]
		h.observe(leavesOf(block.s2()), slices.Values(leafs), len(leafs), 1)
	}
}

const histogramVersion = 1

// MarshalBinary returns the histogram in a form of this package's own, some four bytes
// for each bin that is known.
func (h *Histogram) MarshalBinary() ([]byte, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	out := []byte{histogramVersion}
	for _, v := range []float64{h.itemBytes, h.bins, h.items} {
		out = binary.BigEndian.AppendUint64(out, math.Float64bits(v))
	}
	out = binary.AppendUvarint(out, uint64(len(h.blocks)))
	for _, id := range slices.Sorted(maps.Keys(h.blocks)) {
		b := h.blocks[id]
		out = binary.BigEndian.AppendUint64(out, uint64(id))
		for i := range bins {
			out = append(out, shareByte(b.seen[i]))
			if b.seen[i] > 0 {
				out = binary.AppendUvarint(out, uint64(math.Round(float64(b.items[i]))))
			}
		}
	}
	return out, nil
}

// shareByte is a share of 0 to 1 in 255 parts; what is more than nothing stays so. The share
// that is read of a byte gives that byte again.
func shareByte(share float32) byte {
	if share == 0 {
		return 0
	}
	return byte(max(1, math.Round(float64(share)*255)))
}

// UnmarshalBinary replaces what h knows by what MarshalBinary returned. Other bytes are
// an [ErrInvalid] and change nothing.
func (h *Histogram) UnmarshalBinary(data []byte) error {
	r := histogramReader{data: data}
	if r.byte() != histogramVersion {
		return fmt.Errorf("%w: not a histogram of version %d", ErrInvalid, histogramVersion)
	}
	itemBytes, seen, items := r.float(), r.float(), r.float()
	blocks := map[CellID]*block{}
	for n := r.uvarint(); n > 0 && r.err == nil; n-- {
		if id := CellID(r.uint64()); id.Valid() && id.Level() == blockLevel {
			blocks[id] = r.block()
		} else {
			r.err = errors.New("a block is no cell of its level")
		}
	}
	if r.err == nil && (len(r.data) > 0 || len(blocks) > maxBlocks || !(min(itemBytes, seen, items) >= 0 && max(itemBytes, seen, items) < 1e15)) {
		r.err = errors.New("too long, or numbers that are none")
	}
	if r.err != nil {
		return fmt.Errorf("%w: histogram: %v", ErrInvalid, r.err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.blocks, h.itemBytes, h.bins, h.items = blocks, itemBytes, seen, items
	return nil
}

// histogramReader takes data from its beginning; after an error it returns zeros.
type histogramReader struct {
	data []byte
	err  error
}

var errShort = errors.New("it ends early")

func (r *histogramReader) take(n int) []byte {
	if r.err != nil || len(r.data) < n {
		r.err = errShort
		return make([]byte, n)
	}
	out := r.data[:n]
	r.data = r.data[n:]
	return out
}

func (r *histogramReader) byte() byte     { return r.take(1)[0] }
func (r *histogramReader) uint64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }
func (r *histogramReader) float() float64 { return math.Float64frombits(r.uint64()) }

func (r *histogramReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 || v > 1<<40 {
		r.err = errShort
		return 0
	}
	r.data = r.data[n:]
	return v
}

func (r *histogramReader) block() *block {
	b := &block{}
	for i := range bins {
		b.seen[i] = float32(r.byte()) / 255
		if b.seen[i] > 0 {
			b.items[i] = float32(r.uvarint())
		}
		if r.err != nil {
			return b
		}
	}
	return b
}
