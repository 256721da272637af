package pump

import (
	"encoding/json"
	"strings"
	"time"
)

// position is how far the consumer of a shard has come.
type position struct {
	After  string      `json:"after"` // sequence number of the last record that is done
	Window *openWindow `json:"window,omitempty"`
}

// openWindow is a tumbling window that has not ended.
type openWindow struct {
	Start time.Time         `json:"start"`
	State map[string]string `json:"state"`
}

// checkpoint is the name under which a shard's position is kept.
func (s *stream) checkpoint(shard string) string {
	return "stream/" + s.arn + "/" + s.options.Consumer + "/" + shard
}

// A position without window is kept as its sequence number alone.
func (s *stream) save(shard string, p position) {
	text := p.After
	if p.Window != nil {
		b, err := json.Marshal(p)
		if err != nil {
			panic(err) // strings and a time: cannot fail
		}
		text = string(b)
	}
	s.local.SetCheckpoint(s.checkpoint(shard), text)
}

func (s *stream) load(shard string) position {
	p, err := parsePosition(s.local.Checkpoint(s.checkpoint(shard)))
	if err != nil {
		s.options.Logger.Error("stream position unreadable, begun anew", "table", s.table, "shard", shard, "error", err)
	}
	return p
}

func parsePosition(text string) (position, error) {
	if !strings.HasPrefix(text, "{") {
		return position{After: text}, nil
	}
	var p position
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return position{}, err
	}
	return p, nil
}
