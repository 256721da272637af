package httpapi

import (
	"context"
	"errors"

	"github.com/askaround/askaround-go/askaround"
)

// Publishers is a publisher that publishes to each of several, such as a broker and
// [Events]. It fails when one of them does, after it has tried all; the message is then
// published again, so that the others may get it twice.
type Publishers []askaround.Publisher

// Publish publishes to each.
func (p Publishers) Publish(ctx context.Context, topic string, payload []byte) error {
	var errs []error
	for _, one := range p {
		errs = append(errs, one.Publish(ctx, topic, payload))
	}
	return errors.Join(errs...)
}

var (
	_ askaround.Publisher = Publishers(nil)
	_ askaround.Publisher = (*Events)(nil)
)
