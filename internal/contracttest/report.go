package contracttest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/askaround/askaround-go/internal/openapi"
)

// A Report says what was tried.
type Report struct {
	Requests int
	Took     time.Duration

	operations []*openapi.Operation
	statuses   map[string]map[int]int // how often, by operation
}

func newReport(d *openapi.Document) *Report {
	r := &Report{operations: d.Operations(), statuses: make(map[string]map[int]int)}
	for _, o := range r.operations {
		r.statuses[o.ID] = make(map[int]int)
	}
	return r
}

func (r *Report) count(q *request, status int) {
	r.Requests++
	r.statuses[q.op.ID][status]++
}

// Missing returns the documented statuses that no response had, as "operation status".
func (r *Report) Missing() []string {
	var missing []string
	for _, o := range r.operations {
		for _, status := range o.Statuses() {
			if r.statuses[o.ID][status] == 0 {
				missing = append(missing, fmt.Sprintf("%s %d", o.ID, status))
			}
		}
	}
	return missing
}

// String is a table: an operation in each line, with its statuses and how often each was
// seen.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d requests in %.1f s\n", r.Requests, r.Took.Seconds())
	for _, o := range r.operations {
		seen := r.statuses[o.ID]
		fmt.Fprintf(&b, "| %s |", o.ID)
		for _, status := range slices.Sorted(maps.Keys(seen)) {
			fmt.Fprintf(&b, " %d×%d", status, seen[status])
		}
		b.WriteString(" |\n")
	}
	return b.String()
}
