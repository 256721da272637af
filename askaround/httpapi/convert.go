package httpapi

import (
	"strings"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/geoindex"
)

// valueOf reads an answer, of which the contract says that it has exactly one
// member. Errors are the domain's.
func valueOf(v api.AnswerValue) (askaround.Value, error) {
	if v.Stars != nil {
		stars, err := askaround.ParseStars(*v.Stars)
		return askaround.Value{Kind: askaround.KindStar, Stars: stars}, err
	}
	if v.Location == nil {
		return askaround.Value{}, &askaround.ValidationError{Fields: []askaround.FieldError{{Detail: "must have stars or location"}}}
	}
	return askaround.Value{Kind: askaround.KindGeo, Location: askaround.Location(*v.Location)}, nil
}

func operationOf(o askaround.Operation) api.Operation {
	out := api.Operation{
		ID:        string(o.ID),
		Kind:      api.OperationKind(o.Kind),
		Status:    api.OperationStatus(o.Status),
		Question:  string(o.Question),
		CreatedAt: o.CreatedAt,
		UpdatedAt: o.UpdatedAt,
	}
	if o.Failure != nil {
		out.Failure = &api.Failure{Code: api.FailureCode(o.Failure.Code), Detail: o.Failure.Detail}
	}
	return out
}

func answerOf(a askaround.Answer) api.Answer {
	out := api.Answer{Question: string(a.Question), AnsweredAt: a.AcceptedAt}
	if a.Value.Kind == askaround.KindGeo {
		out.Location = ptr(api.LatLng(a.Value.Location))
	} else {
		out.Stars = ptr(a.Value.Stars.Stars())
	}
	return out
}

func pageOf(p askaround.QuestionPage) api.QuestionPage {
	out := api.QuestionPage{Items: make([]api.Question, len(p.Questions))} // [] rather than null
	for i, q := range p.Questions {
		out.Items[i] = questionOf(q)
		out.Items[i].Distance = ptr(float64(q.Distance))
	}
	if p.Next != "" {
		out.NextCursor = &p.Next
	}
	return out
}

func detailOf(q askaround.QuestionDetail) api.Question {
	out := questionOf(q.QuestionView)
	if q.Kind == askaround.KindGeo {
		heat := make([]api.HeatPart, len(q.Heat))
		for i, part := range q.Heat {
			heat[i] = api.HeatPart{Part: part.Part, Version: part.Version, Cells: part.Cells}
		}
		out.Heat = &heat
	}
	return out
}

func questionOf(q askaround.QuestionView) api.Question {
	return api.Question{
		ID:        string(q.ID),
		Text:      q.Text,
		Kind:      api.QuestionKind(q.Kind),
		Location:  api.LatLng(q.Location),
		Radius:    float64(q.Radius),
		State:     api.QuestionState(q.State),
		CreatedAt: q.CreatedAt,
		ExpiresAt: q.ExpiresAt,
		Mine:      &q.Mine,
		Summary: api.Summary{
			Version:      q.Summary.Version,
			Answers:      q.Summary.Answers,
			SumHalfStars: q.Summary.SumHalfStars,
			Histogram:    q.Summary.Histogram[:],
		},
	}
}

func watchListOf(ids []askaround.QuestionID) (api.WatchList, error) {
	list := api.WatchList{Items: make([]api.Watch, len(ids))} // [] rather than null
	for i, id := range ids {
		t, err := topic.NewQuestion(string(id))
		if err != nil {
			return list, err
		}
		list.Items[i] = api.Watch{Question: string(id), Topic: t.String()}
	}
	return list, nil
}

// exampleQuestion has the form of a question id, for making the template of their
// topics.
const exampleQuestion = "89c25a8c5fc1fb8d-06d7k2m4n5p6q7r8s9tabcdefg"

func liveTopics(account askaround.AccountID, center askaround.Location, radius geoindex.Meters) (api.LiveTopics, error) {
	geo, err := askaround.LiveTopics(center, radius)
	if err != nil {
		return api.LiveTopics{}, err
	}
	own, err := topic.NewAccount(string(account))
	if err != nil {
		return api.LiveTopics{}, err
	}
	question, err := topic.NewQuestion(exampleQuestion)
	if err != nil {
		return api.LiveTopics{}, err
	}
	out := api.LiveTopics{
		Geo:      make([]string, len(geo)),
		Account:  own.String(),
		System:   topic.System{}.String(),
		Question: strings.Replace(question.String(), exampleQuestion, "{question}", 1),
	}
	for i, t := range geo {
		out.Geo[i] = t.String()
	}
	return out, nil
}
