package app

import (
	"github.com/askaround/askaround-go/internal/broker"
	"github.com/askaround/askaround-go/internal/localaws/pump"
)

// Stats are figures about an App since Open.
type Stats struct {
	Mappings map[string]pump.Stats // by what they do: "process star answers"
	Broker   broker.Stats
}

// Stats returns the present figures.
func (a *App) Stats() Stats {
	s := Stats{Mappings: make(map[string]pump.Stats), Broker: a.broker.Stats()}
	for _, m := range a.mappings {
		s.Mappings[m.name] = m.Mapping.Stats()
	}
	return s
}
