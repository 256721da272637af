package localaws

import (
	"context"
	"crypto/rand"
	"net/http"

	"github.com/askaround/askaround-go/internal/sigv4"
)

// keys are the credentials that requests may be signed with.
type keys struct {
	ownID, ownSecret string // of the clients in the process
	others           sigv4.Provider
}

// newKeys makes a key for this process. It stays in it, so that a name that everybody
// knows opens nothing where signatures are verified.
func newKeys(others sigv4.Provider) keys {
	if others == nil {
		return keys{ownID: "local", ownSecret: "local"}
	}
	return keys{ownID: "LOCAL" + rand.Text(), ownSecret: rand.Text(), others: others}
}

func (k keys) retrieve(ctx context.Context, id string) (sigv4.Credentials, error) {
	if id == k.ownID {
		return sigv4.Credentials{SecretAccessKey: sigv4.Secret(k.ownSecret)}, nil
	}
	return k.others(ctx, id)
}

// service is one that requests are signed for, by its name in the credential scope.
type service struct {
	refuser
	name string
}

// refuser renders the refusal of a signature in the protocol of the request.
type refuser interface {
	http.Handler
	Refuse(w http.ResponseWriter, r *http.Request, err error)
}

// guard lets only requests through to s that are signed for it, where signatures are
// verified at all.
func (l *Local) guard(s service) http.Handler {
	if l.keys.others == nil {
		return s
	}
	verifier, err := sigv4.New(l.keys.retrieve, []string{s.name}, func(o *sigv4.Options) { o.Regions = []string{l.options.Region} })
	if err != nil {
		panic(err) // no option comes from outside
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := verifier.Verify(r); err != nil {
			s.Refuse(w, r, err)
			return
		}
		s.ServeHTTP(w, r)
	})
}
