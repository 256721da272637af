package rules

import (
	"errors"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

var (
	// ErrInvalid: a rule's name or payload is not as the API wants it. A statement's error is
	// an [*iotsql.SyntaxError] too.
	ErrInvalid = errors.New("rules: invalid rule")
	// ErrLimitExceeded: there are as many rules as there may be.
	ErrLimitExceeded = errors.New("rules: limit exceeded")
	// ErrNotFound: there is no rule of that name.
	ErrNotFound = errors.New("rules: rule not found")
	// ErrUnsupported: the rule needs an action or a function that AWS IoT has and the engine
	// has not, or a client that Options has not.
	ErrUnsupported = iotsql.ErrUnsupported
)
