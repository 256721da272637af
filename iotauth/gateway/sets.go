package gateway

import (
	"hash/maphash"
	"slices"
	"sync"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// maxSets bounds the sets that a setCache holds.
const maxSets = 1024

// A setCache compiles policies once for all clients that have the same: a fleet has
// thousands of clients and one policy. It goes by the documents' identity, since documents
// do not change. The zero setCache is empty. It is safe for concurrent use.
type setCache struct {
	mu   sync.Mutex
	sets map[uint64]compiled
}

type compiled struct {
	policies, groups []*policy.Document // kept, so that their addresses stay theirs
	set              *policy.Set
}

var setSeed = maphash.MakeSeed()

// compile returns the union of policies, and of groups, which are those of thing groups.
func (c *setCache) compile(policies, groups []*policy.Document) (*policy.Set, error) {
	key := hashDocuments(policies, groups)
	c.mu.Lock()
	have, ok := c.sets[key]
	c.mu.Unlock()
	if ok && slices.Equal(have.policies, policies) && slices.Equal(have.groups, groups) {
		return have.set, nil
	}
	set, err := join(new(policy.Set), policies, groups)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sets == nil || len(c.sets) >= maxSets {
		c.sets = map[uint64]compiled{}
	}
	c.sets[key] = compiled{slices.Clone(policies), slices.Clone(groups), set}
	return set, nil
}

func hashDocuments(policies, groups []*policy.Document) uint64 {
	var h maphash.Hash
	h.SetSeed(setSeed)
	for _, d := range policies {
		maphash.WriteComparable(&h, d)
	}
	h.WriteByte(0)
	for _, d := range groups {
		maphash.WriteComparable(&h, d)
	}
	return h.Sum64()
}

// join adds policies, and those of thing groups, to a set.
func join(set *policy.Set, policies, groups []*policy.Document) (*policy.Set, error) {
	set, err := set.With(policies...)
	if err != nil || len(groups) == 0 {
		return set, err
	}
	return set.WithThingGroups(groups...)
}
