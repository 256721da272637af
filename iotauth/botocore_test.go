package iotauth

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/foreign"
)

// modelScript prints what AWS's own model of the API says about the shapes it is given, and
// which of the strings on its input its patterns take.
const modelScript = `
import botocore.session, json, re, sys
model = botocore.session.get_session().get_service_model('iot')
want = json.load(sys.stdin)
out = {}
for name in want['shapes']:
    m = model.shape_for(name).metadata
    takes = [m.get('min', 0) <= len(s) <= m['max'] and re.fullmatch(m.get('pattern', '[\\s\\S]*'), s, re.ASCII) is not None for s in want['strings']]
    out[name] = {'min': m.get('min', 0), 'max': m['max'], 'takes': takes}
json.dump(out, sys.stdout)`

type shape struct {
	Min, Max int
	Takes    []bool
}

// TestLimitsAreTheModels asks AWS's model about every limit that it knows, and about names.
func TestLimitsAreTheModels(t *testing.T) {
	python := foreign.NeedPython(t, "botocore")
	rng := rand.New(rand.NewPCG(1, 2))
	names := []string{"", strings.Repeat("x", MaxName), strings.Repeat("x", MaxName+1)}
	const letters = "azAZ09_=,@-:./+ é"
	for range 500 {
		var b strings.Builder
		for range 1 + rng.IntN(4) {
			r := []rune(letters)
			b.WriteRune(r[rng.IntN(len(r))])
		}
		names = append(names, b.String())
	}
	input, err := json.Marshal(map[string]any{
		"shapes":  []string{"AuthorizerName", "TokenKeyName", "Token", "TokenSignature", "PrincipalId", "HttpQueryString", "MqttUsername"},
		"strings": names,
	})
	if err != nil {
		t.Fatal(err)
	}
	var model map[string]shape
	if err := json.Unmarshal([]byte(run(t, string(input), python, "-c", modelScript)), &model); err != nil {
		t.Fatal(err)
	}
	for name, limit := range map[string]int{
		"AuthorizerName": MaxName, "TokenKeyName": MaxName, "Token": MaxToken, "TokenSignature": MaxSignature,
		"PrincipalId": MaxPrincipalID, "HttpQueryString": MaxQuery, "MqttUsername": MaxUsername,
	} {
		if s := model[name]; s.Max != limit || s.Min != 1 {
			t.Errorf("%s: the model says %d to %d, here it is 1 to %d", name, s.Min, s.Max, limit)
		}
	}
	for i, name := range names {
		if got := ValidAuthorizerName(name); got != model["AuthorizerName"].Takes[i] {
			t.Errorf("authorizer name %q: valid %v, the model differs", name, got)
		}
		if got := ValidTokenKey(name); got != model["TokenKeyName"].Takes[i] {
			t.Errorf("token key name %q: valid %v, the model differs", name, got)
		}
		if got := checkPrincipal(name, "") == nil; got != model["PrincipalId"].Takes[i] {
			t.Errorf("principal %q: valid %v, the model differs", name, got)
		}
	}
	t.Logf("%d names agree", len(names))
}
