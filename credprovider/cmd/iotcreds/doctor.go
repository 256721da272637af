package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/askaround/askaround-go/credprovider"
)

func runDoctor(ctx context.Context, p *program, args []string) error {
	set := p.flags("doctor", "")
	var d device
	if err := d.parse(p, set, args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return p.wrong(set, "doctor takes no operand %q", set.Arg(0))
	}
	identity, err := d.identity()
	if err != nil {
		return err
	}
	roots, err := d.roots()
	if err != nil {
		return err
	}
	e := &examination{device: d, w: p.stdout, now: time.Now}
	certificate := e.identity(ctx, identity)
	if certificate == nil {
		return e.result()
	}
	e.certificate(certificate)
	e.chain(certificate)
	recorder := &recorder{client: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: credprovider.TLSConfig(identity, roots), DisableKeepAlives: true},
	}}
	provider, err := credprovider.New(d.endpoint, d.alias, identity, func(o *credprovider.Options) {
		o.ThingName, o.Timeout, o.HTTPClient = d.thing, d.timeout, recorder
	})
	if err != nil {
		return &exitError{exitUsage, err}
	}
	defer provider.Close()
	if e.network(ctx) {
		credentials, err := provider.RetrieveWithExpiry(ctx)
		if err != nil && ctx.Err() != nil {
			return err
		}
		e.exchange(credentials, err, recorder.answer())
	}
	return e.result()
}

// recorder keeps what the provider does not tell of the last answer.
type recorder struct {
	client *http.Client

	mu   sync.Mutex
	last answer
}

// answer is what an answer says besides its contents.
type answer struct {
	date time.Time // the service's clock; zero where it does not say
	tls  *tls.ConnectionState
}

func (r *recorder) Do(request *http.Request) (*http.Response, error) {
	response, err := r.client.Do(request)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = answer{}
	if err == nil {
		r.last.tls = response.TLS
		r.last.date, _ = http.ParseTime(response.Header.Get("Date")) // zero where there is none
	}
	return response, err
}

func (r *recorder) answer() answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// result is the exit status of what was found.
func (e *examination) result() error {
	if e.status != 0 {
		return &exitError{e.status, nil}
	}
	return nil
}

// ok, warn, fail and skip print the line of one step.
func (e *examination) ok(step, format string, args ...any) { e.line("ok", step, format, args...) }

func (e *examination) warn(step, mend, format string, args ...any) {
	e.line("warn", step, format, args...)
	e.line("", "", "-> %s", inFlags.Replace(mend))
}

func (e *examination) fail(status int, step, mend, format string, args ...any) {
	e.line("FAIL", step, format, args...)
	e.line("", "", "-> %s", inFlags.Replace(mend))
	if e.status == 0 || status == exitMend {
		e.status = status
	}
}

func (e *examination) skip(step string) { e.line("-", step, "not known yet: mend the above first") }

func (e *examination) line(mark, step, format string, args ...any) {
	fmt.Fprintln(e.w, strings.TrimRight(fmt.Sprintf("%-4s  %-12s  %s", mark, step, fmt.Sprintf(format, args...)), " "))
}

// failure is the provider's error, made up where it is another.
func failure(err error) *credprovider.Error {
	var f *credprovider.Error
	if errors.As(err, &f) {
		return f
	}
	return &credprovider.Error{Kind: err}
}
