package gateway

import (
	"errors"
	"fmt"
)

// ErrOptions: [New] was given what cannot work.
var ErrOptions = errors.New("gateway: invalid options")

// A Gateway is AWS IoT's in process. Make one with [New].
type Gateway struct {
	registry  Registry
	options   Options
	admission *admission
}

// New returns a Gateway whose clients are those of registry. It listens to nothing until
// [Gateway.Serve] or [Gateway.Handler] is used. Options that cannot work are reported as
// [ErrOptions], all of them.
func New(registry Registry, optFns ...func(*Options)) (*Gateway, error) {
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	if registry == nil {
		return nil, fmt.Errorf("%w: no registry", ErrOptions)
	}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Gateway{registry: registry, options: o, admission: newAdmission(registry, o)}, nil
}
