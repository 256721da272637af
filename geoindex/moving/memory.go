package moving

import (
	"sync"

	"github.com/askaround/askaround-go/geoindex"
)

// memory holds the index cells of some objects. It is a guess: what it says is a
// condition of the write.
type memory struct {
	most int

	mu    sync.Mutex
	cells map[string]geoindex.CellID // guarded by mu
}

func newMemory(most int) memory {
	return memory{most: most, cells: map[string]geoindex.CellID{}}
}

// get returns 0 for an object that it does not know.
func (m *memory) get(id string) geoindex.CellID {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cells[id]
}

// set notes a cell; 0 forgets the object. A full memory forgets any other.
func (m *memory) set(id string, c geoindex.CellID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if delete(m.cells, id); c == 0 {
		return
	}
	if len(m.cells) >= m.most {
		for other := range m.cells {
			delete(m.cells, other)
			break
		}
	}
	m.cells[id] = c
}
