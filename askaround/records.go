package askaround

import (
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

// Attributes that several tables share. Every table's expiresAt is its TTL attribute.
const (
	attrQuestion  = "question"
	attrAccount   = "account"
	attrKind      = "kind"
	attrExpiresAt = "expires_at" // Unix seconds
	attrVersion   = "version"
	attrApplied   = "applied" // shard id to watermark
)

// questionRecord is an item of the Questions table, a [geoindex.Point]:
//
//	text, kind, author, state  S
//	radius                     N  metres
//	created_at                 N  Unix milliseconds
//	expires_at                 N  Unix seconds
//	version, answers           N
//	sum_half_stars, h0 ... h10 N  absent until there is a star answer
//	applied                    M  shard id to watermark
type questionRecord struct {
	Question
	author AccountID
}

const (
	attrText         = "text"
	attrAuthor       = "author"
	attrState        = "state"
	attrRadius       = "radius"
	attrCreatedAt    = "created_at"
	attrAnswers      = "answers"
	attrSumHalfStars = "sum_half_stars"
)

// attrHistogram names the attribute that counts answers of so many half stars.
func attrHistogram(halfStars int) string { return "h" + strconv.Itoa(halfStars) }

// questionAttributes are what a search needs: all but the watermarks.
func questionAttributes() []string {
	names := []string{attrText, attrKind, attrAuthor, attrState, attrRadius, attrCreatedAt, attrExpiresAt, attrVersion, attrAnswers, attrSumHalfStars}
	for i := range MaxHalfStars + 1 {
		names = append(names, attrHistogram(i))
	}
	return names
}

// newQuestionPoint returns q's item as it is when nobody has answered.
func newQuestionPoint(q questionRecord, key geoindex.Key) geoindex.Point {
	return geoindex.Point{
		Key:      key,
		Location: q.Location.LatLng(),
		Attributes: item{
			attrText:      str(q.Text),
			attrKind:      str(string(q.Kind)),
			attrAuthor:    str(string(q.author)),
			attrState:     str(string(q.State)),
			attrRadius:    &types.AttributeValueMemberN{Value: strconv.FormatFloat(float64(q.Radius), 'f', -1, 64)},
			attrCreatedAt: num(q.CreatedAt.UnixMilli()),
			attrExpiresAt: num(q.ExpiresAt.Unix()),
			attrVersion:   num(0),
			attrAnswers:   num(0),
			attrApplied:   &types.AttributeValueMemberM{Value: item{}},
		},
	}
}

func parseQuestion(p geoindex.Point) (questionRecord, error) {
	a := attrs{item: p.Attributes}
	id, err := ParseQuestionID(p.Key.String())
	if err != nil {
		return questionRecord{}, fmt.Errorf("key %q is no question id", p.Key)
	}
	q := questionRecord{
		Question: Question{
			ID:        id,
			Text:      a.text(attrText),
			Kind:      Kind(a.text(attrKind)),
			Location:  Location(p.Location),
			Radius:    geoindex.Meters(a.float(attrRadius)),
			State:     State(a.text(attrState)),
			CreatedAt: time.UnixMilli(a.integer(attrCreatedAt)).UTC(),
			ExpiresAt: time.Unix(a.integer(attrExpiresAt), 0).UTC(),
			Summary: Summary{
				Version:      a.count(attrVersion),
				Answers:      a.count(attrAnswers),
				SumHalfStars: a.count(attrSumHalfStars),
			},
		},
		author: AccountID(a.text(attrAuthor)),
	}
	for i := range q.Summary.Histogram {
		q.Summary.Histogram[i] = a.count(attrHistogram(i))
	}
	return q, a.err
}

// answerRecord is an item of the Answers table, the answer of one account to one
// question. A withdrawn answer stays as an item without kind, so that an older one that
// is still on its way cannot bring it back.
//
//	question, account  S  the primary key
//	rev                S  see revision
//	accepted_at        N  Unix microseconds
//	expires_at         N  Unix seconds
//	kind               S  absent once withdrawn
//	half_stars         N  of a star answer
//	location, cell     S  of a geo answer: exact, and its S2 token of level HeatCellLevel
type answerRecord struct {
	question   QuestionID
	account    AccountID
	rev        string
	acceptedAt int64
	expiresAt  int64
	value      Value
}

const (
	attrRevision   = "rev"
	attrAcceptedAt = "accepted_at"
	attrHalfStars  = "half_stars"
	attrLocation   = "location"
	attrCell       = "cell"
)

// revision orders the answers of one account to one question: by time of acceptance
// in Unix microseconds, zero-padded (16 digits last until the year 2286), then by
// operation. Repeated messages of one operation have one revision.
func revision(acceptedAt int64, op OperationID) string {
	return fmt.Sprintf("%017d-%s", acceptedAt, op)
}

func (r answerRecord) item() item {
	it := item{
		attrQuestion:   str(string(r.question)),
		attrAccount:    str(string(r.account)),
		attrRevision:   str(r.rev),
		attrAcceptedAt: num(r.acceptedAt),
		attrExpiresAt:  num(r.expiresAt),
	}
	switch r.value.Kind {
	case KindStar:
		it[attrKind] = str(string(KindStar))
		it[attrHalfStars] = num(int64(r.value.Stars))
	case KindGeo:
		it[attrKind] = str(string(KindGeo))
		it[attrLocation] = place(r.value.Location)
		it[attrCell] = str(geoindex.CellAt(r.value.Location.LatLng()).Parent(HeatCellLevel).Token())
	}
	return it
}

func answerKey(question QuestionID, account AccountID) item {
	return item{attrQuestion: str(string(question)), attrAccount: str(string(account))}
}

func parseAnswer(it item) (answerRecord, error) {
	a := attrs{item: it}
	r := answerRecord{
		question:   QuestionID(a.text(attrQuestion)),
		account:    AccountID(a.text(attrAccount)),
		rev:        a.text(attrRevision),
		acceptedAt: a.integer(attrAcceptedAt),
		expiresAt:  a.integer(attrExpiresAt),
		value:      Value{Kind: Kind(a.optional(attrKind))},
	}
	switch r.value.Kind {
	case "":
	case KindStar:
		n := a.integer(attrHalfStars)
		if n < 0 || n > MaxHalfStars {
			a.fail(attrHalfStars, "a rating")
		}
		r.value.Stars = HalfStars(n)
	case KindGeo:
		r.value.Location = a.place(attrLocation)
	default:
		a.fail(attrKind, "a kind")
	}
	return r, a.err
}

// contribution returns what the answer adds to its question's sums.
func (r answerRecord) contribution() contribution {
	switch r.value.Kind {
	case KindStar:
		return contribution{kind: KindStar, stars: r.value.Stars}
	case KindGeo:
		cell := geoindex.CellAt(r.value.Location.LatLng()).Parent(HeatCellLevel)
		return contribution{kind: KindGeo, cell: cell.Token(), part: cell.Parent(HeatPartLevel).Token()}
	}
	return contribution{}
}

// Items of the Heat table, one part of one question's heat each:
//
//	question, part  S  the primary key; part is an S2 token of level HeatPartLevel
//	version         N
//	cells           M  S2 token of level HeatCellLevel to N, at most 64
//	applied         M  shard id to watermark
//	expires_at      N  Unix seconds
const (
	attrPart  = "part"
	attrCells = "cells"
)

func heatKey(t target) item {
	return item{attrQuestion: str(string(t.question)), attrPart: str(t.part)}
}

func parseHeat(it item) (QuestionID, HeatPart, error) {
	a := attrs{item: it}
	id := QuestionID(a.text(attrQuestion))
	part := HeatPart{Part: a.text(attrPart), Version: a.count(attrVersion), Cells: map[string]int64{}}
	for token, v := range a.document(attrCells) {
		n, ok := integerOf(v)
		if !ok {
			a.fail(attrCells, "a map of integers")
		}
		if n > 0 { // a cell at zero is about to be removed
			part.Cells[token] = n
		}
	}
	return id, part, a.err
}
