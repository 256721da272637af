package registry_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
)

// TestLimitsAreTheModels asks AWS's own model of the API about every limit that it knows,
// about names, and about the statuses of errors.
func TestLimitsAreTheModels(t *testing.T) {
	interpreter := foreign.NeedPython(t, "botocore")
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, seed))
	texts := []string{"", strings.Repeat("x", 128), strings.Repeat("x", 129), strings.Repeat("7", 64), strings.Repeat("x", 800), strings.Repeat("x", 801)}
	letters := []rune("azAZ09_=,@-:./+ #[]é\x7f~\t")
	for range 800 {
		var b strings.Builder
		for range 1 + rng.IntN(4) {
			b.WriteRune(letters[rng.IntN(len(letters))])
		}
		texts = append(texts, b.String())
	}
	forms := registry.Forms()
	in := map[string]any{"texts": texts, "shapes": []string{}, "limits": registry.ModelLimits(), "statuses": registry.Statuses()}
	for shape := range forms {
		in["shapes"] = append(in["shapes"].([]string), shape)
	}
	var model struct {
		Takes    map[string][]bool
		Limits   map[string]int
		Statuses map[string]int
	}
	python(t, interpreter, "limits.py", in, &model)
	for shape, takes := range forms {
		for i, text := range texts {
			if got := takes(text); got != model.Takes[shape][i] {
				t.Errorf("seed %d: %s %q: taken %v, the model differs", seed, shape, text, got)
			}
		}
	}
	for name, limit := range registry.ModelLimits() {
		if model.Limits[name] != limit {
			t.Errorf("%s: the model says %d, here it is %d", name, model.Limits[name], limit)
		}
	}
	for code, status := range registry.Statuses() {
		if want, ok := model.Statuses[code]; !ok || want != status {
			t.Errorf("%s: the model's status is %d, here it is %d", code, want, status)
		}
	}
}
