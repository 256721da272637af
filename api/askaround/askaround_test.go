package askaround_test

import (
	"encoding/json"
	"testing"

	api "github.com/askaround/askaround-go/api/askaround"
)

// TestLiveMessage reads messages by their type, and keeps unknown ones apart.
func TestLiveMessage(t *testing.T) {
	var m api.LiveMessage
	if err := json.Unmarshal([]byte(`{"type":"heat","question":"q","part":"89c25b","version":4,"cells":{"89c25a3":2}}`), &m); err != nil {
		t.Fatal(err)
	}
	v, err := m.ValueByDiscriminator()
	if heat, ok := v.(api.HeatMessage); err != nil || !ok || heat.Version != 4 || heat.Cells["89c25a3"] != 2 {
		t.Errorf("%#v %v", v, err)
	}
	if err := json.Unmarshal([]byte(`{"type":"confetti"}`), &m); err != nil {
		t.Fatal(err)
	}
	if v, err := m.ValueByDiscriminator(); err == nil {
		t.Errorf("an unknown type is %#v", v)
	}
}
