package sigv4

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// TestConcurrent verifies for more scopes at a time than are remembered.
func TestConcurrent(t *testing.T) {
	keys := Static{}
	for i := range 2 * most {
		keys[fmt.Sprint("KEY", i)] = Credentials{SecretAccessKey: Secret(fmt.Sprint("secret", i))}
	}
	v, err := New(keys.Retrieve, []string{"service"}, func(o *Options) { o.Clock = func() time.Time { return suiteTime } })
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for id, c := range keys {
				s := plain()
				s.key, s.scope.keyID, s.secret = id, id, c.SecretAccessKey
				if identity, err := v.Verify(s.header(t)); err != nil || identity.AccessKeyID != id {
					t.Errorf("%v, %v, want %s", identity, err, id)
				}
			}
		})
	}
	wg.Wait()
	if n := len(v.keys.byScope); n > most {
		t.Errorf("%d keys are remembered, at most %d should be", n, most)
	}
}
