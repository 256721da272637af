package contracttest_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/contracttest"
)

// contracts are all of them.
var contracts = map[string]func(testing.TB) contracttest.Contract{
	"askaround": askaroundContract,
	"robot":     robotContract,
	"device":    deviceContract,
}

// shares says how many of a hundred cases each contract gets.
var shares = map[string]int{"askaround": 44, "robot": 28, "device": 28}

// elsewhere are statuses that no request brings about on its own: a body that does not
// arrive, a request at the same time, too many requests, a token without the scope, and
// a service that is down. Tests of the packages that answer with them provoke each.
var elsewhere = []string{"408", "409", "429", "403", "503"}

// TestContracts checks every operation of every contract: some thousand requests, and with
// ASKAROUND_SLOW=1 over a hundred thousand.
func TestContracts(t *testing.T) {
	cases, slow := 4_000, os.Getenv("ASKAROUND_SLOW") == "1"
	if slow {
		cases = 105_000
	}
	for name, contract := range contracts {
		t.Run(name, func(t *testing.T) {
			report := contracttest.Check(t, contract(t), cases*shares[name]/100)
			t.Log(report)
			for _, missing := range report.Missing() {
				_, status, _ := strings.Cut(missing, " ")
				if slow && !slices.Contains(elsewhere, status) { // a few thousand may miss one
					t.Errorf("never seen: %s", missing)
				}
			}
		})
	}
}
