package remote_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/httpapi"
	"github.com/askaround/askaround-go/askaround/remote"
	"github.com/askaround/askaround-go/askaround/watch"
	"github.com/askaround/askaround-go/geoindex"
)

var _ watch.Server = (*remote.Server)(nil)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	os.Exit(m.Run())
}

// domain answers each search with the page that is set, and keeps what was asked for.
type domain struct {
	httpapi.Service
	page  askaround.QuestionPage
	fails error
	asked askaround.NearbyInput
}

func (d *domain) Nearby(_ context.Context, in askaround.NearbyInput) (askaround.QuestionPage, error) {
	d.asked = in
	return d.page, d.fails
}

// anybody lets every token in as the same account.
type anybody struct{}

var ann = askaround.AccountFor("https://issuer.test", "ann")

func (anybody) Verify(context.Context, string) (httpapi.Identity, error) {
	return httpapi.Identity{Account: ann}, nil
}

func serve(t testing.TB, h http.Handler) *remote.Server {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	client, err := api.New(server.URL, api.WithToken("token"), func(o *api.Options) { o.Attempts = 1 })
	if err != nil {
		t.Fatal(err)
	}
	return remote.New(client)
}

func randomPage(r *rand.Rand) (page askaround.QuestionPage) {
	page.Questions = make([]askaround.QuestionView, r.IntN(5))
	for i := range page.Questions {
		at := askaround.Location{Lat: r.Float64()*180 - 90, Lng: r.Float64()*360 - 180}
		id := askaround.QuestionID(geoindex.KeyAt(at.LatLng(), fmt.Sprintf("%026d", r.IntN(1e9))).String())
		q := askaround.Question{
			ID: id, Text: fmt.Sprint("text ", r.Int(), " é\u2028"), Kind: askaround.KindStar, Location: at, Radius: geoindex.Meters(r.Float64() * 1e4),
			State: askaround.StateOpen, CreatedAt: time.Unix(r.Int64N(2e9), 0).UTC(), ExpiresAt: time.Unix(r.Int64N(2e9), r.Int64N(1e9)).UTC(),
			Summary: askaround.Summary{Version: r.Int64N(1e15), Answers: r.Int64N(1e15), SumHalfStars: r.Int64N(1e15)},
		}
		if r.IntN(2) == 0 {
			q.Kind, q.State = askaround.KindGeo, askaround.StateClosed
		}
		for j := range q.Summary.Histogram {
			q.Summary.Histogram[j] = r.Int64N(1e6)
		}
		page.Questions[i] = askaround.QuestionView{Question: q, Mine: r.IntN(2) == 0, Distance: geoindex.Meters(r.Float64() * 1e5)}
	}
	if r.IntN(2) == 0 {
		page.Next = fmt.Sprint("cursor", r.Int())
	}
	return page
}

// TestNearby: what a search says, and what it is answered, are the same over the API.
func TestNearby(t *testing.T) {
	d := &domain{}
	handler, err := httpapi.New(d, anybody{})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, handler)
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	for range 300 {
		d.page = randomPage(r)
		in := askaround.NearbyInput{Center: askaround.Location{Lat: r.Float64()*180 - 90, Lng: r.Float64()*360 - 180}}
		if r.IntN(2) == 0 {
			in.Radius, in.Order, in.Limit, in.Cursor = geoindex.Meters(1+r.IntN(10_000)), askaround.OrderNearest, 1+r.IntN(askaround.MaxLimit), "next"
		}
		got, err := s.Nearby(t.Context(), in)
		if err != nil {
			t.Fatalf("seed %d: %+v: %v", seed, in, err)
		}
		if diff := cmp.Diff(d.page, got); diff != "" {
			t.Fatalf("seed %d: page (-want +got):\n%s", seed, diff)
		}
		in.Account = ann
		if diff := cmp.Diff(in, d.asked); diff != "" {
			t.Fatalf("seed %d: search (-want +got):\n%s", seed, diff)
		}
	}
}

// TestRefusals: errors are the client's, with what the server says.
func TestRefusals(t *testing.T) {
	handler, err := httpapi.New(&domain{fails: askaround.ErrUnavailable}, anybody{})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, handler)
	for why, in := range map[string]askaround.NearbyInput{
		"no place on Earth":    {Center: askaround.Location{Lat: 91}},
		"no order":             {Order: "random"},
		"too many":             {Limit: askaround.MaxLimit + 1},
		"far too many":         {Limit: 1 << 40},
		"the domain is down":   {},
		"a negative radius":    {Radius: -1},
		"a limit below a page": {Limit: -1},
	} {
		_, err := s.Nearby(t.Context(), in)
		want := int32(http.StatusBadRequest)
		if why == "the domain is down" {
			want = http.StatusServiceUnavailable
		}
		if problem := new(api.Problem); !errors.As(err, &problem) || problem.Status != want {
			t.Errorf("%s: %v, want status %d", why, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Nearby(ctx, askaround.NearbyInput{}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

// TestBrokenContract: answers that cannot be are no questions.
func TestBrokenContract(t *testing.T) {
	const whole = `{"items":[{"id":%q,"text":"x","kind":"star","location":{"lat":1,"lng":1},"radius":1,"state":"open",` +
		`"createdAt":"2026-01-01T00:00:00Z","expiresAt":"2026-01-01T00:00:00Z","summary":{"version":1,"answers":1,"sumHalfStars":1,"histogram":%s}}]}`
	id := geoindex.KeyAt(geoindex.LatLng{Lat: 1, Lng: 1}, "00000000000000000000000000").String()
	for _, row := range []struct {
		why, id, histogram string
		broken             bool
	}{
		{"whole", id, "[0,0,0,0,0,0,0,0,0,0,1]", false},
		{"no id", "x", "[0,0,0,0,0,0,0,0,0,0,1]", true},
		{"a short histogram", id, "[1]", true},
		{"a long histogram", id, "[0,0,0,0,0,0,0,0,0,0,0,0]", true},
	} {
		s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, whole, row.id, row.histogram)
		}))
		page, err := s.Nearby(t.Context(), askaround.NearbyInput{})
		if errors.Is(err, remote.ErrAnswer) != row.broken || err == nil && len(page.Questions) != 1 {
			t.Errorf("%s: %v, %d questions", row.why, err, len(page.Questions))
		}
	}
}
