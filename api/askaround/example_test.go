package askaround_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/askaround/askaround-go/api/askaround"
)

// serve answers as a server of the API does.
func serve(handle func(w http.ResponseWriter, r *http.Request) (status int, body any)) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, body := handle(w, r)
		w.Header().Set("Content-Type", "application/json")
		if status >= 400 {
			w.Header().Set("Content-Type", "application/problem+json")
		}
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}))
}

// A server that is busy at first: the question is sent again, with its key, and asked once.
func ExampleClient_AskQuestion() {
	busy := true
	server := serve(func(w http.ResponseWriter, r *http.Request) (int, any) {
		if busy {
			busy = false
			w.Header().Set("Retry-After", "0")
			return 503, map[string]any{"type": "urn:problem-type:askaround:unavailable", "title": "Unavailable", "status": 503}
		}
		return 202, map[string]any{"id": "06d7k2m4n5p6q7r8s9tabcdefg", "status": "succeeded", "question": "89c25a8c5fc1fb8d-06d7k2m4n5p6q7r8s9tabcdefg"}
	})
	defer server.Close()

	client, err := askaround.New(server.URL, askaround.WithToken("a token"))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	asked, err := client.AskQuestion(ctx, askaround.NewQuestion{
		Text: "How is the view?", Kind: askaround.QuestionKindStar, Location: askaround.LatLng{Lat: 40.689, Lng: -74.045},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	operation, err := asked.Wait(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(operation.Status, operation.Question)
	// Output: succeeded 89c25a8c5fc1fb8d-06d7k2m4n5p6q7r8s9tabcdefg
}

// A list in pages is one sequence.
func ExampleClient_Questions() {
	server := serve(func(_ http.ResponseWriter, r *http.Request) (int, any) {
		if r.FormValue("cursor") == "" {
			return 200, map[string]any{"items": []any{map[string]any{"text": "How is the view?"}}, "nextCursor": "more"}
		}
		return 200, map[string]any{"items": []any{map[string]any{"text": "Where is the best coffee?"}}}
	})
	defer server.Close()
	client, err := askaround.New(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	for question, err := range client.Questions(context.Background(), askaround.ListQuestionsParams{Lat: 40.7, Lng: -74}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(question.Text)
	}
	// Output:
	// How is the view?
	// Where is the best coffee?
}

// What a server refuses says what is wrong, for programs and for people.
func ExampleProblem() {
	server := serve(func(http.ResponseWriter, *http.Request) (int, any) {
		return 422, map[string]any{"type": "urn:problem-type:askaround:invalid-body", "title": "The body has another shape", "status": 422,
			"errors": []any{map[string]any{"pointer": "/stars", "detail": "must be a multiple of 0.5"}}}
	})
	defer server.Close()
	client, err := askaround.New(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.PutAnswer(context.Background(), "89c25a8c5fc1fb8d-06d7k2m4n5p6q7r8s9tabcdefg", askaround.Stars(4.2))
	fmt.Println(errors.Is(err, askaround.ErrInvalid))
	if problem := new(askaround.Problem); errors.As(err, &problem) {
		for _, part := range *problem.Errors {
			fmt.Println(*part.Pointer, part.Detail)
		}
	}
	// Output:
	// true
	// /stars must be a multiple of 0.5
}
