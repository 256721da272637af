package topic

import (
	"encoding/binary"
	"hash/maphash"
)

// edges lead from numbers to numbers, each by a text. They are one hash table with linear
// probing, from however many nodes they come: a slot and the text it stands for are all
// that a search touches, two lines of memory where the table is large. No pointer is in
// either, so that the collector passes a million edges by.
type edges struct {
	seed  maphash.Seed // a client that chooses filters cannot choose slots
	slots []slot       // a power of two, at most three quarters in use; nil for no edge
	count int
	texts []byte // of each edge where it comes from, in four bytes, and its text
	dead  int    // bytes of texts whose edge is gone
}

// slot is one edge. None leads to 0, which marks a free slot.
type slot struct {
	hash, to uint32
	record   record
}

// record says where in texts an edge is, and in its lowest 16 bits how long its text: a
// filter is no longer than MaxBytes.
type record uint64

func (r record) length() int { return int(r & 0xffff) }
func (r record) start() int  { return int(r >> 16) }
func (r record) end() int    { return r.start() + headBytes + r.length() }

const (
	headBytes = 4
	fewSlots  = 8
)

// find returns where the edge leads, 0 where there is none.
func (e *edges) find(from uint32, text string) (to uint32) {
	if e.count == 0 {
		return 0
	}
	return e.slots[e.search(e.hash(from, text), from, text)].to
}

// search returns the slot of an edge, or the free slot where it would be.
func (e *edges) search(hash, from uint32, text string) int {
	mask := len(e.slots) - 1
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		s := &e.slots[i]
		if s.to == 0 || s.hash == hash && e.is(s.record, from, text) {
			return i
		}
	}
}

func (e *edges) is(r record, from uint32, text string) bool {
	if r.length() != len(text) {
		return false
	}
	its := e.texts[r.start():r.end()]
	return binary.LittleEndian.Uint32(its) == from && string(its[headBytes:]) == text
}

// hash mixes from in by an odd factor: one text below many nodes has as many hashes.
func (e *edges) hash(from uint32, text string) uint32 {
	return uint32(maphash.String(e.seed, text)) + from*0x9e3779b1
}

// add makes an edge that is not there yet.
func (e *edges) add(from uint32, text string, to uint32) {
	switch {
	case e.slots == nil:
		e.seed = maphash.MakeSeed()
		e.slots = make([]slot, fewSlots)
	case 4*e.count >= 3*len(e.slots):
		e.grow()
	}
	hash := e.hash(from, text)
	e.slots[e.search(hash, from, text)] = slot{hash, to, record(len(e.texts))<<16 | record(len(text))}
	e.count++
	e.texts = binary.LittleEndian.AppendUint32(e.texts, from)
	e.texts = append(e.texts, text...)
}

// grow doubles the slots.
func (e *edges) grow() {
	old := e.slots
	e.slots = make([]slot, 2*len(old))
	mask := len(e.slots) - 1
	for _, s := range old {
		if s.to == 0 {
			continue
		}
		i := int(s.hash) & mask
		for e.slots[i].to != 0 {
			i = (i + 1) & mask
		}
		e.slots[i] = s
	}
}

// remove takes away an edge that is there.
func (e *edges) remove(from uint32, text string) {
	i := e.search(e.hash(from, text), from, text)
	if e.count--; e.count == 0 {
		*e = edges{}
		return
	}
	e.vacate(i)
	if e.dead += headBytes + len(text); 2*e.dead > len(e.texts) {
		e.compact()
	}
}

// vacate frees slot i and moves up what it kept from its place, so that a search may
// stop at a free slot.
func (e *edges) vacate(i int) {
	mask := len(e.slots) - 1
	for j := (i + 1) & mask; e.slots[j].to != 0; j = (j + 1) & mask {
		home := int(e.slots[j].hash) & mask
		if (j-home)&mask >= (j-i)&mask { // i lies between its home and j
			e.slots[i] = e.slots[j]
			i = j
		}
	}
	e.slots[i] = slot{}
}

// compact drops the texts whose edges are gone.
func (e *edges) compact() {
	texts := make([]byte, 0, len(e.texts)-e.dead)
	for i := range e.slots {
		if s := &e.slots[i]; s.to != 0 {
			its := e.texts[s.record.start():s.record.end()]
			s.record = record(len(texts))<<16 | record(s.record.length())
			texts = append(texts, its...)
		}
	}
	e.texts, e.dead = texts, 0
}
