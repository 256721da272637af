package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/examples/askaround/places"
)

// importer asks the imported questions, and neighbour i gives the answers that come
// with them. They are accounts of no issuer, so that nobody can hold a token for them.
var importer = askaround.AccountFor("askaround:import", "importer")

func neighbour(i int) askaround.AccountID {
	return askaround.AccountFor("askaround:import", fmt.Sprintf("neighbour %d", i))
}

// importers is how many questions are on their way at once.
const importers = 16

// Import asks every question of records, and gives the answers that come with it,
// through the same queues as everybody's: Run must be on. Records that were imported
// before are not asked again. Bad ones are told to skip, which is called from one
// goroutine, and passed over. done is called for each question accepted and answered.
// Another error ends the import; what it asked until then stays.
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
			if err := a.importRecord(ctx, r); err != nil {
				return fmt.Errorf("app: import line %d: %w", r.Line, err)
			}
			done()
			return nil
		})
	}
	return errors.Join(group.Wait(), broken)
}

// importRecord asks r's question under a key made of its content, and answers it: the
// same record is the same question and the same answers.
func (a *App) importRecord(ctx context.Context, r places.Record) error {
	content := fmt.Sprintf("%s\n%s\n%v\n%v", r.Question, r.Kind, r.Location.Lat, r.Location.Lng)
	key := fmt.Sprintf("%x", sha256.Sum256([]byte(content)))
	asked, err := a.service.Ask(ctx, askaround.AskInput{
		Account:        importer,
		IdempotencyKey: key,
		Text:           r.Question,
		Kind:           r.Kind,
		Location:       r.Location,
	})
	if err != nil || len(r.Answers) == 0 {
		return err
	}
	if ok, err := a.settled(ctx, asked); !ok {
		return err
	}
	for i, answer := range r.Answers {
		_, err := a.service.Answer(ctx, askaround.AnswerInput{
			Account:        neighbour(i),
			IdempotencyKey: key,
			Question:       asked.Question,
			Value:          answer,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// settled waits until an operation of the importer is processed, and reports whether
// it succeeded: there is nothing to answer before.
func (a *App) settled(ctx context.Context, o askaround.Operation) (ok bool, err error) {
	for tick := time.NewTicker(5 * time.Millisecond); o.Status == askaround.StatusPending; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false, ctx.Err()
		}
		if o, err = a.service.Operation(ctx, importer, o.ID); err != nil {
			return false, err
		}
	}
	return o.Status == askaround.StatusSucceeded, nil
}
