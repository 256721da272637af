package sigv4

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
)

const botocore = `
import base64, datetime, json, sys
import botocore.auth as auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
auth.get_current_datetime = lambda *a, **k: datetime.datetime(2015, 8, 30, 12, 36, 0)
key, secret = sys.argv[1:3]
for line in sys.stdin:
    p = json.loads(line)
    body = base64.b64decode(p["Body"] or "")
    who = Credentials(key, secret, p["Token"] or None)
    out = []
    for signer in auth.SigV4Auth(who, "service", "us-east-1"), auth.SigV4QueryAuth(who, "service", "us-east-1", p["Expires"]):
        r = AWSRequest(method=p["Method"], url=p["URL"], data=body)
        for name, value in p["Headers"] or []:
            r.headers.add_header(name, value)
        presigned = isinstance(signer, auth.SigV4QueryAuth)
        if presigned:
            r.data = b""
        signer.add_auth(r)
        out.append({"URL": r.url, "Headers": list(r.headers.items()), "Presigned": presigned})
    print(json.dumps(out))
`

// TestBotocore has Python's signer sign random requests, with paths that are normalised.
// It signs presigned requests without a body.
func TestBotocore(t *testing.T) {
	t.Parallel() // it waits for another program
	if testing.Short() {
		t.Skip("starts Python")
	}
	python := foreign.NeedPython(t, "botocore")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	plans := make([]plan, 2000)
	var in bytes.Buffer
	for i := range plans {
		plans[i] = randomPlan(rng, true)
		if err := json.NewEncoder(&in).Encode(plans[i]); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", botocore, suiteKey, suiteSecret)
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := json.NewDecoder(bytes.NewReader(out))
	for _, p := range plans {
		var signed []struct {
			URL       string
			Headers   [][2]string
			Presigned bool
		}
		if err := answers.Decode(&signed); err != nil {
			t.Fatal(err)
		}
		for _, s := range signed {
			q := p
			q.URL, q.Headers = s.URL, s.Headers
			if s.Presigned {
				q.Body = nil
			}
			r := q.request(t)
			if _, err := p.verifier(t).Verify(verbatim(r)); err != nil {
				t.Fatalf("presigned %t: %v\nplan %+v\n%s", s.Presigned, err, p, dump(r))
			}
		}
	}
}

// verbatim gives a request the request line that its client would send.
func verbatim(r *http.Request) *http.Request {
	r.RequestURI = r.URL.RequestURI()
	return r
}
