package dynamodb

import (
	"cmp"
	"slices"
)

// after returns up to limit records behind sequence number after, and whether the shard
// ends with them.
func (s *stream) after(sh *shard, after uint64, limit int) (records []streamRecord, end bool, err error) {
	s.mu.RLock()
	from := *sh // what it holds is only ever appended to or dropped from the front
	s.mu.RUnlock()
	after = max(after, from.trimmed)
	i, _ := slices.BinarySearchFunc(from.blocks, after+1, func(b block, n uint64) int { return cmp.Compare(b.last, n) })
	for _, b := range from.blocks[i:] {
		if len(records) >= limit {
			break
		}
		read, err := b.read()
		if err != nil {
			return nil, false, err
		}
		records = append(records, behind(read, after, limit-len(records))...)
	}
	if rest := behind(from.records, after, limit-len(records)); records == nil {
		records = rest
	} else {
		records = append(records, rest...)
	}
	n := len(records)
	return records, from.closed != 0 && (n == 0 || records[n-1].sequence == from.last), nil
}

// behind returns up to limit of the records with sequence numbers above after.
func behind(records []streamRecord, after uint64, limit int) []streamRecord {
	i, _ := slices.BinarySearchFunc(records, after+1, func(r streamRecord, n uint64) int { return cmp.Compare(r.sequence, n) })
	return records[i:min(len(records), i+limit)]
}

// each calls visit for the records of a shard that [stream.copy] returned, with one
// block in memory at a time.
func (s *stream) each(sh shard, visit func(streamRecord) error) error {
	for _, b := range sh.blocks {
		read, err := b.read()
		if err != nil {
			return err
		}
		for _, r := range read {
			if err := visit(r); err != nil {
				return err
			}
		}
	}
	for _, r := range sh.records {
		if err := visit(r); err != nil {
			return err
		}
	}
	return nil
}
