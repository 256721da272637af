package httpapi_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http/httptest"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround/httpapi"
	"github.com/askaround/askaround-go/internal/devissuer"
)

// The API over a domain in memory, with an issuer for development, called by the
// generated client.
func Example() {
	issuer, err := devissuer.New("http://issuer.test")
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := httpapi.NewVerifier(issuer.URL(), "askaround", func(o *httpapi.VerifierOptions) {
		o.HTTPClient = issuer.Client() // a real issuer is reached over the network
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler, err := httpapi.New(newFake(), verifier)
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(handler)
	defer server.Close()

	token, err := issuer.Mint("alice")
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := api.NewClientWithResponses(server.URL, api.WithRequestEditorFn(api.Bearer(token)))
	if err != nil {
		fmt.Println(err)
		return
	}
	statue := api.LatLng{Lat: 40.6892534, Lng: -74.0466891}
	for _, text := range []string{"How is the view?", ""} {
		response, err := client.AskQuestionWithResponse(context.Background(), &api.AskQuestionParams{IdempotencyKey: rand.Text()}, api.NewQuestion{Text: text, Kind: api.QuestionKindStar, Location: statue})
		if err != nil {
			fmt.Println(err)
			return
		}
		if problem := api.ParseProblem(response.HTTPResponse, response.Body); problem != nil {
			fmt.Println(problem)
			continue
		}
		fmt.Println(response.JSON202.Kind, response.JSON202.Status, response.HTTPResponse.Header.Get("Location"))
	}
	// Output:
	// ask pending /operations/00000000000000000000000002
	// 422 The body is not what is wanted; "/text": must not be empty
}
