package apihttp

import (
	"net/url"
	"strconv"
)

// defaultLimit is the contracts' default of the parameter limit.
const defaultLimit = 20

// A PageQuery is which page of a list is asked for.
type PageQuery struct {
	Limit  int
	Cursor string

	limit string // as the caller spelled it, "" for the default
}

// PageQueryOf reads the parameters limit and cursor.
func PageQueryOf(limit *int32, cursor *string) PageQuery {
	q := PageQuery{Limit: defaultLimit}
	if limit != nil {
		q.Limit, q.limit = int(*limit), strconv.Itoa(int(*limit))
	}
	if cursor != nil {
		q.Cursor = *cursor
	}
	return q
}

// Link returns the Link header of the next page of the list at path.
func (q PageQuery) Link(path, next string) string {
	values := url.Values{"cursor": {next}}
	if q.limit != "" {
		values.Set("limit", q.limit)
	}
	return "<" + path + "?" + values.Encode() + `>; rel="next"`
}
