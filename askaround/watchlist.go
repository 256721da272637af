package askaround

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The watch list of an account: the questions that its devices follow, each by its
// own topic. Who asks a question watches it from the start. The list is the account's
// alone: nobody else learns who watches what, nor how many do.
//
// Items of the Watches table:
//
//	account, question  S  the primary key
//	since              N  Unix milliseconds
//	expires_at         N  Unix seconds, of the question
const attrSince = "since"

func watchItem(account AccountID, id QuestionID, since time.Time, expires time.Time) item {
	return item{
		attrAccount:   str(string(account)),
		attrQuestion:  str(string(id)),
		attrSince:     num(since.UnixMilli()),
		attrExpiresAt: num(expires.Unix()),
	}
}

func watchKey(account AccountID, id QuestionID) item {
	return item{attrAccount: str(string(account)), attrQuestion: str(string(id))}
}

// Watch puts a question on the account's watch list. It acts at once, and again without
// harm: the question keeps its place. Errors: [ErrInvalid], [ErrNotFound],
// [ErrUnavailable].
func (s *Service) Watch(ctx context.Context, account AccountID, id QuestionID) error {
	var f faults
	if f.account(account); len(f) > 0 {
		return f.err()
	}
	q, err := s.Question(ctx, account, id)
	if err != nil {
		return err
	}
	e := newExpr()
	e.setOnce(attrSince, num(s.options.Clock().UnixMilli()))
	e.assign(e.path(attrExpiresAt), num(q.ExpiresAt.Unix()))
	_, err = s.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.resources.Watches, Key: watchKey(account, id), UpdateExpression: e.update(),
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	})
	if err != nil {
		return unavailable("watch", err)
	}
	return nil
}

// Unwatch takes a question off the account's watch list; one that is not on it is no
// error. Errors: [ErrInvalid], [ErrNotFound] (no question can have this id),
// [ErrUnavailable].
func (s *Service) Unwatch(ctx context.Context, account AccountID, id QuestionID) error {
	var f faults
	if f.account(account); len(f) > 0 {
		return f.err()
	}
	if _, err := id.key(); err != nil {
		return err
	}
	_, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.resources.Watches, Key: watchKey(account, id)})
	if err != nil {
		return unavailable("unwatch", err)
	}
	return nil
}

// WatchedInput asks for one page of a watch list.
type WatchedInput struct {
	Account AccountID
	Limit   int    // 0 = DefaultLimit; up to MaxLimit; pointer /limit
	Cursor  string // "" = first page; else a page's Next; pointer /cursor
}

// A WatchedQuestion is a question on a watch list.
type WatchedQuestion struct {
	QuestionView
	Since time.Time // when it was put there
}

// WatchedPage is one page of a watch list.
type WatchedPage struct {
	Questions []WatchedQuestion
	Next      string // cursor of the next page, "" when this is the last
}

// watch is an entry of a watch list.
type watch struct {
	question QuestionID
	since    int64 // Unix milliseconds
}

// compare orders a watch list: newest first.
func (a watch) compare(b watch) int {
	return cmp.Or(-cmp.Compare(a.since, b.since), strings.Compare(string(a.question), string(b.question)))
}

func (a watch) cursor() string { return strconv.FormatInt(a.since, 36) + "." + string(a.question) }

func parseWatchCursor(s string) (watch, error) {
	since, id, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(since, 36, 64)
	if err != nil {
		return watch{}, err
	}
	q, err := ParseQuestionID(id)
	return watch{q, n}, err
}

// Watched returns one page of the account's watch list, what was put on it last first.
// Closed questions stay on it; expired and deleted ones are left out, so that a page may
// hold fewer than Limit. Errors: [ErrInvalid], [ErrUnavailable].
func (s *Service) Watched(ctx context.Context, in WatchedInput) (WatchedPage, error) {
	var f faults
	f.account(in.Account)
	in.Limit = f.limit("/limit", in.Limit)
	var after *watch
	if in.Cursor != "" {
		w, err := parseWatchCursor(in.Cursor)
		if err != nil {
			f.add("/cursor", "not a cursor of a watch list: start again without it")
		}
		after = &w
	}
	if err := f.err(); err != nil {
		return WatchedPage{}, err
	}
	list, err := s.watchList(ctx, in.Account)
	if err != nil {
		return WatchedPage{}, err
	}
	if after != nil {
		list = slices.DeleteFunc(list, func(w watch) bool { return w.compare(*after) <= 0 })
	}
	page := WatchedPage{Questions: []WatchedQuestion{}}
	if len(list) > in.Limit {
		list = list[:in.Limit]
		page.Next = list[in.Limit-1].cursor()
	}
	return page, s.fillWatched(ctx, in.Account, list, &page)
}

// watchList reads the whole list, sorted. It is as long as one person makes it in a
// year, some thousand entries of about a hundred bytes at most.
func (s *Service) watchList(ctx context.Context, account AccountID) ([]watch, error) {
	e := newExpr()
	pages := dynamodb.NewQueryPaginator(s.db, &dynamodb.QueryInput{
		TableName:                 &s.resources.Watches,
		KeyConditionExpression:    aws.String(e.name(attrAccount) + " = " + e.value(str(string(account)))),
		FilterExpression:          aws.String(e.name(attrExpiresAt) + " > " + e.value(num(s.options.Clock().Unix()))),
		ExpressionAttributeNames:  e.names,
		ExpressionAttributeValues: e.values,
		ConsistentRead:            aws.Bool(true),
	})
	var list []watch
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, unavailable("read watch list", err)
		}
		for _, it := range page.Items {
			a := attrs{item: it}
			w := watch{QuestionID(a.text(attrQuestion)), a.integer(attrSince)}
			if a.err != nil {
				s.options.Logger.ErrorContext(ctx, "skipped an entry of a watch list", "error", a.err)
				continue
			}
			list = append(list, w)
		}
	}
	slices.SortFunc(list, watch.compare)
	return list, nil
}

// fillWatched reads the questions of list into the page.
func (s *Service) fillWatched(ctx context.Context, account AccountID, list []watch, page *WatchedPage) error {
	found := make([]*WatchedQuestion, len(list))
	errs := make([]error, len(list))
	parallel(len(list), func(i int) {
		q, err := s.question(ctx, list[i].question)
		switch {
		case errors.Is(err, ErrUnavailable):
			errs[i] = err
		case err != nil && !errors.Is(err, ErrNotFound):
			s.options.Logger.ErrorContext(ctx, "skipped a question's item", "question", list[i].question, "error", err)
		case err == nil && q.ExpiresAt.After(s.options.Clock()):
			found[i] = &WatchedQuestion{q.view(account), time.UnixMilli(list[i].since).UTC()}
		}
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, q := range found {
		if q != nil {
			page.Questions = append(page.Questions, *q)
		}
	}
	return nil
}

// watchPut is what asking q adds to its author's watch list.
func (w *Worker) watchPut(q questionRecord) types.Put {
	return types.Put{TableName: &w.resources.Watches, Item: watchItem(q.author, q.ID, q.CreatedAt, q.ExpiresAt)}
}
