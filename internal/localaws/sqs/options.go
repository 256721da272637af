package sqs

import (
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Options configure an Engine. A zero value means the default.
type Options struct {
	// Clock tells when messages are sent, seen and expire. Timers run on the real
	// clock, for as long as this one says. Default time.Now.
	Clock func() time.Time
	// Region and AccountID stand in ARNs and URLs. Defaults "us-east-1" and
	// "000000000000".
	Region, AccountID string
	// BaseURL begins the URLs of queues; account and name follow. Default: where the
	// client sent its request, since some take a queue's URL for the endpoint; without a
	// socket "http://sqs.<region>.localhost".
	BaseURL string
	// Logger takes what no client sees. Default: none.
	Logger *slog.Logger
}

var accountPattern = regexp.MustCompile(`^[0-9]{12}$`)

func newOptions(optFns []func(*Options)) (Options, error) {
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.AccountID == "" {
		o.AccountID = "000000000000"
	}
	if !accountPattern.MatchString(o.AccountID) {
		return o, fmt.Errorf("sqs: AccountID %q is not 12 digits", o.AccountID)
	}
	if u, err := url.Parse(o.BaseURL); o.BaseURL != "" && (err != nil || u.Host == "") {
		return o, fmt.Errorf("sqs: BaseURL %q is not an absolute URL", o.BaseURL)
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
