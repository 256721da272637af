package conformance

import (
	"fmt"
	"strings"
	"testing"
)

// groups are the cases by group of operations.
var groups = []struct {
	name  string
	cases []testCase
}{
	{"tables", tableCases}, {"refused schemas", badSchemaCases()}, {"items", itemCases}, {"refused projections", badProjectionCases()}, {"numbers", numberCases()}, {"updates", updateCases()}, {"update returns", updateReturnCases},
	{"conditions", conditionCases()}, {"condition failures", conditionFailureCases}, {"queries", queryCases()}, {"query rules", queryRuleCases},
	{"refused queries", refusedQueryCases()}, {"scans", scanCases}, {"indexes", indexCases},
	{"batches", batchCases}, {"transactions", transactionCases}, {"refused transactions", badTransactionCases()}, {"capacity", capacityCases()},
	{"streams", streamCases}, {"settings", settingCases},
}

// TestOperations runs every case on every engine.
func TestOperations(t *testing.T) {
	for _, engine := range openers {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			p := engine.open(t)
			for _, g := range groups {
				for i, c := range g.cases {
					prefix := fmt.Sprintf("%s-%d", strings.ReplaceAll(g.name, " ", "-"), i)
					t.Run(g.name+"/"+c.name, func(t *testing.T) { judge(t, p, prefix, g.name, c) })
				}
			}
		})
	}
}

// judge fails the test where an engine fails a case without an exception, or passes it
// with one.
func judge(t *testing.T, p *target, prefix, group string, c testCase) {
	faults := play(t.Context(), p, prefix, c)
	e, excepted := exceptionFor(p, group+"/"+c.name)
	switch {
	case excepted && len(faults) == 0:
		t.Errorf("passes: the exception is not needed any more: %s (%s)", e.does, e.page)
	case excepted:
		t.Logf("known: %s; see %s\n%s", e.does, e.page, strings.Join(faults, "\n"))
	case len(faults) > 0:
		t.Error(strings.Join(faults, "\n"))
	}
}
