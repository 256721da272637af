package credprovider_test

import (
	"context"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askaround/askaround-go/credprovider"
	"github.com/askaround/askaround-go/credprovider/credprovidertest"
)

// TestLongRun is a device for days: its certificate is replaced, file by file, and
// revoked, and the service is ill for up to 7 minutes at a time. Every call gets
// credentials that are valid, at once.
func TestLongRun(t *testing.T) {
	days, pause := 5, 10*time.Second
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		days, pause = 60, time.Second
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		l := &longRun{network: newPipes(), rng: rand.New(rand.NewPCG(seed, 1)), dir: dir}
		l.world = newWorld(t, func(o *credprovidertest.Options) { o.Listener = l.network })
		certFile, keyFile := files(t, dir, l.device)
		p := l.providerOf(t, credprovider.FromFiles(certFile, keyFile), func(o *credprovider.Options) { o.DialContext = l.network.dial })
		retrieve(t, p)
		end := time.Now().AddDate(0, 0, days)
		ctx, cancel := context.WithDeadline(t.Context(), end)
		defer cancel()
		var disturbed sync.WaitGroup
		disturbed.Go(func() { l.outages(ctx) })
		disturbed.Go(func() { l.rotations(ctx, t) })
		calls := 0
		for ; time.Now().Before(end); time.Sleep(pause) {
			calls++
			l.call(t, p)
		}
		disturbed.Wait()
		t.Logf("%d days: %d calls, %d sessions, %d outages, %d certificates, %+v", days, calls, len(l.Sessions()), l.ill, l.rotated+1, l.Counts())
		if l.ill < days || l.rotated < days/2 {
			t.Errorf("%d outages and %d rotations in %d days", l.ill, l.rotated, days)
		}
		must(t, p.Close())
		l.Close()
	})
}

type longRun struct {
	world
	network      *pipes
	rng          *rand.Rand // of outages
	dir          string
	ill, rotated int
}

func (l *longRun) call(t *testing.T, p *credprovider.Provider) {
	t.Helper()
	start := time.Now()
	c, err := p.Retrieve(t.Context())
	if err != nil || time.Since(start) > 0 {
		t.Fatalf("waited %v, %v", time.Since(start), err)
	}
	if s, _ := l.Session(c.AccessKeyID); !s.Expires.After(time.Now()) {
		t.Fatalf("at %v: handed out what expired %v ago; the last failure was %v", time.Now(), time.Since(s.Expires), p.Status().Failure)
	}
}

// illnesses are what an outage may look like.
var illnesses = []credprovidertest.Fault{
	credprovidertest.Status(500, "InternalFailureException", ""), credprovidertest.Status(503, "", ""), credprovidertest.Throttle(30 * time.Second),
	credprovidertest.Hang(), credprovidertest.Reset(), credprovidertest.Truncate(), credprovidertest.Expired(),
	credprovidertest.Body(200, "text/html", "<html>"), credprovidertest.Without("secretAccessKey"), credprovidertest.Status(403, "AccessDeniedException", "Access Denied"),
}

// outages come after a quarter of an hour to two hours.
func (l *longRun) outages(ctx context.Context) {
	for sleep(ctx, time.Duration(15+l.rng.IntN(100))*time.Minute) {
		l.ill++
		l.Outage(illnesses[l.rng.IntN(len(illnesses))])
		sleep(ctx, time.Duration(1+l.rng.IntN(7*60))*time.Second)
		l.Script()
	}
}

// rotations replace the certificate twice a day. The one before is revoked two hours
// later.
func (l *longRun) rotations(ctx context.Context, t *testing.T) {
	before := l.device
	for sleep(ctx, 12*time.Hour) {
		next, err := l.Register(credprovidertest.CertificateSpec{Thing: thing, Policies: []string{mayDoAll}})
		must(t, err)
		certificate, key, err := next.PEM()
		must(t, err)
		must(t, os.WriteFile(l.dir+"/device.key", key, 0o600))
		sleep(ctx, 90*time.Second)
		must(t, os.WriteFile(l.dir+"/device.pem", certificate, 0o600))
		sleep(ctx, 2*time.Hour)
		must(t, l.SetStatus(before.CertificateID, credprovidertest.Revoked))
		before = next
		l.rotated++
	}
}

func sleep(ctx context.Context, d time.Duration) (more bool) {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
