package main

import (
	"math/rand/v2"
	"strings"

	"github.com/askaround/askaround-go/api/tools/internal/asyncapi"
)

// A world makes random clients, topics and filters. Each value of a parameter is one of
// few, so that clients and topics meet.
type world struct {
	*rand.Rand
	model  *asyncapi.Model
	values map[*asyncapi.Parameter][]string
}

func newWorld(model *asyncapi.Model, seed uint64) *world {
	w := &world{rand.New(rand.NewPCG(seed, 0)), model, map[*asyncapi.Parameter][]string{}}
	things := []string{"action", "esp32", "telemetry", "a", "askaround", "sub"}
	for _, p := range model.Parameters {
		for range 4 {
			w.values[p] = append(w.values[p], w.value(p.Pattern))
		}
		for _, thing := range things { // names that look like levels of other channels
			if p.Pattern.Match(thing) {
				w.values[p] = append(w.values[p], thing)
			}
		}
	}
	return w
}

// value makes a value of a pattern, of any length.
func (w *world) value(p asyncapi.Pattern) string {
	var b strings.Builder
	for _, a := range p.Atoms {
		ranges := a.Class.Ranges()
		for range a.Min + w.IntN(a.Max-a.Min+1) {
			r := ranges[w.IntN(len(ranges))]
			b.WriteByte(r[0] + byte(w.IntN(int(r[1]-r[0])+1)))
		}
	}
	return b.String()
}

// identity is a name that clients of a role may bear.
func (w *world) identity(role *asyncapi.Role) string {
	var own []*asyncapi.Parameter
	for _, p := range w.model.Parameters {
		if p.Identity != "" && p.Identity == role.Identity {
			own = append(own, p)
		}
	}
	if len(own) == 0 {
		return role.Name + "-1"
	}
	p := own[w.IntN(len(own))]
	return w.values[p][w.IntN(len(w.values[p]))]
}

// topic is a topic of some channel.
func (w *world) topic() string {
	c := w.model.Channels[w.IntN(len(w.model.Channels))]
	return c.Format(func(p *asyncapi.Parameter) string { return w.values[p][w.IntN(len(w.values[p]))] })
}

// filter is a topic, some levels of which are "+".
func (w *world) filter() string {
	c := w.model.Channels[w.IntN(len(w.model.Channels))]
	return c.Format(func(p *asyncapi.Parameter) string {
		if w.IntN(2) == 0 {
			return "+"
		}
		return w.values[p][w.IntN(len(w.values[p]))]
	})
}
