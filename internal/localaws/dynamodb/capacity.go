package dynamodb

// Consumed is ConsumedCapacity on the wire.
type Consumed struct {
	TableName              string
	CapacityUnits          float64
	ReadCapacityUnits      float64           `json:",omitempty"`
	WriteCapacityUnits     float64           `json:",omitempty"`
	Table                  *Units            `json:",omitempty"`
	LocalSecondaryIndexes  map[string]*Units `json:",omitempty"`
	GlobalSecondaryIndexes map[string]*Units `json:",omitempty"`
}

// Units are what a table or an index took.
type Units struct {
	CapacityUnits      float64
	ReadCapacityUnits  float64 `json:",omitempty"`
	WriteCapacityUnits float64 `json:",omitempty"`
}

// usage sums what a request used of one table.
type usage struct {
	table   *table
	own     float64
	indexes map[*index]float64
	factor  float64 // of the table: 2 in transactions
	write   bool
}

func newUsage(t *table, write bool) *usage { return &usage{table: t, factor: 1, write: write} }

// writeUnits are the units of writing size bytes: one for each KB begun.
func writeUnits(size int) float64 { return float64((size + 1023) / 1024) }

// readUnits are those of reading size bytes: a half for each 4 KB begun, twice that
// when consistent, and never nothing.
func readUnits(size int, consistent bool) float64 {
	n := float64(max(1, (size+4095)/4096))
	if consistent {
		return n
	}
	return n / 2
}

// wrote accounts a change: the larger of the two items, and the same for each index
// in which its entry changes; an entry that moves is deleted and put. In a transaction
// the table costs twice, the indexes do not.
func (u *usage) wrote(c change) {
	u.own += u.factor * max(1, writeUnits(max(sizeOf(c.old), sizeOf(c.new))))
	if !c.changes() {
		return
	}
	for _, x := range c.table.indexes {
		if n := x.writeUnits(c); n > 0 {
			u.index(x, n)
		}
	}
}

// add adds what another request used of the same table.
func (u *usage) add(o *usage) {
	u.own += o.own
	for x, n := range o.indexes {
		u.index(x, n)
	}
}

func (u *usage) index(x *index, n float64) {
	if u.indexes == nil {
		u.indexes = map[*index]float64{}
	}
	u.indexes[x] += n
}

func (x *index) writeUnits(c change) (n float64) {
	was, had := x.position(c.old)
	is, has := x.position(c.new)
	switch {
	case had && has && was == is:
		if x.holdsSame(c.old, c.new) {
			return 0
		}
		return writeUnits(max(x.size(c.old), x.size(c.new)))
	case had:
		n = writeUnits(x.size(c.old))
	}
	if has {
		n += writeUnits(x.size(c.new))
	}
	return n
}

// report returns what the client asked for with ReturnConsumedCapacity.
func (u *usage) report(mode string) *Consumed {
	if mode != "TOTAL" && mode != "INDEXES" {
		return nil
	}
	out := &Consumed{TableName: u.table.name, CapacityUnits: u.own}
	for _, n := range u.indexes {
		out.CapacityUnits += n
	}
	if u.factor == 2 {
		out.split(u.write, out.CapacityUnits)
	}
	if mode == "TOTAL" {
		return out
	}
	out.Table = u.units(u.own)
	for x, n := range u.indexes {
		to := &out.LocalSecondaryIndexes
		if x.global {
			to = &out.GlobalSecondaryIndexes
		}
		if *to == nil {
			*to = map[string]*Units{}
		}
		(*to)[x.name] = u.units(n)
	}
	return out
}

func (u *usage) units(n float64) *Units {
	out := &Units{CapacityUnits: n}
	if u.factor == 2 && u.write {
		out.WriteCapacityUnits = n
	} else if u.factor == 2 {
		out.ReadCapacityUnits = n
	}
	return out
}

func (c *Consumed) split(write bool, n float64) {
	if write {
		c.WriteCapacityUnits = n
	} else {
		c.ReadCapacityUnits = n
	}
}
