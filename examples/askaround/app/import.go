package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"

	"golang.org/x/sync/errgroup"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/examples/askaround/places"
)

// importer asks the imported questions. It is an account of no issuer, so that
// nobody can hold a token for it.
var importer = askaround.AccountFor("askaround:import", "importer")

// importers is how many questions are on their way at once.
const importers = 16

// Import asks every question of records through the same queue as everybody's.
// Records that were imported before are not asked again. Bad ones are told to skip,
// which is called from one goroutine, and passed over. done is called for each
// question accepted. Another error ends the import; what it asked until then stays.
func (a *App) Import(ctx context.Context, records iter.Seq2[places.Record, error], done func(), skip func(*places.RecordError)) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(importers)
	var broken error
	for r, err := range records {
		var bad *places.RecordError
		if errors.As(err, &bad) {
			skip(bad)
			continue
		}
		if broken = err; err != nil || ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			if err := a.ask(ctx, r); err != nil {
				return fmt.Errorf("app: import line %d: %w", r.Line, err)
			}
			done()
			return nil
		})
	}
	return errors.Join(group.Wait(), broken)
}

// ask accepts r under a key made of its content: the same record is the same question.
func (a *App) ask(ctx context.Context, r places.Record) error {
	content := fmt.Sprintf("%s\n%s\n%v\n%v", r.Question, r.Kind, r.Location.Lat, r.Location.Lng)
	_, err := a.service.Ask(ctx, askaround.AskInput{
		Account:        importer,
		IdempotencyKey: fmt.Sprintf("%x", sha256.Sum256([]byte(content))),
		Text:           r.Question,
		Kind:           r.Kind,
		Location:       r.Location,
	})
	return err
}
