package local

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
	"github.com/askaround/askaround-go/iotauth/gateway/rules"
)

// closeTime bounds how long a failed Start and the end of a test wait for an orderly end.
const closeTime = 5 * time.Second

// An Account is AWS IoT on this machine. Make one with [Start].
type Account struct {
	Registry *registry.Registry
	Gateway  *gateway.Gateway
	Rules    *rules.Engine

	// The addresses, "host:port", as in [Addresses]; "" where there is no such listener.
	MQTT, TLS, HTTPS, Plain string
	// Control is the URL of the control plane; "" where it is not served.
	Control string

	plane     http.Handler // what Control serves
	options   Options
	listeners map[string]net.Listener
	control   *http.Server
	serving   context.Context
	stop      context.CancelFunc
	served    sync.WaitGroup

	mu     sync.Mutex
	failed error // of a listener
}

// Start opens an account and serves it. The caller calls [Account.Close]. Its errors are
// those of the parts, of files and of sockets.
func Start(optFns ...func(*Options)) (*Account, error) {
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	a := &Account{options: o.withDefaults(), listeners: map[string]net.Listener{}}
	a.serving, a.stop = context.WithCancel(context.Background())
	for _, step := range []func() error{a.openRules, a.openRegistry, a.openGateway, a.openControl, a.listen} {
		if err := step(); err != nil {
			ctx, cancel := context.WithTimeout(context.Background(), closeTime)
			defer cancel()
			return nil, errors.Join(fmt.Errorf("local: %w", err), a.Close(ctx))
		}
	}
	a.serve()
	return a, nil
}

func (a *Account) openRules() (err error) {
	a.Rules, err = rules.New(func(o *rules.Options) {
		o.Account, o.Logger = a.options.AccountID, a.options.Logger
		o.Publish = func(ctx context.Context, m rules.Message) error { return a.Gateway.Publish(ctx, m) }
		if a.options.Rules != nil {
			a.options.Rules(o)
		}
	})
	return err
}

func (a *Account) openRegistry() (err error) {
	a.Registry, err = registry.Open(a.dir("registry"), func(o *registry.Options) {
		o.Region, o.Account, o.Logger = a.options.Region, a.options.AccountID, a.options.Logger
		o.Functions = registry.Functions(a.options.Functions)
		o.Rules = a.Rules
	})
	return err
}

func (a *Account) openGateway() error {
	now := time.Now()
	server, err := a.Registry.CA().Server(a.options.Hosts, now.Add(-time.Hour), now.AddDate(1, 0, 0))
	if err != nil {
		return err
	}
	a.Gateway, err = gateway.New(a.Registry, func(o *gateway.Options) {
		o.Region, o.Account, o.Logger = a.options.Region, a.options.AccountID, a.options.Logger
		o.Dir, o.EndpointHosts = a.dir("gateway"), a.options.Hosts
		o.Certificates = []tls.Certificate{server}
		o.Keys, o.Tap = a.options.Keys, a.Rules.Tap
		if a.options.Gateway != nil {
			a.options.Gateway(o)
		}
	})
	return err
}

func (a *Account) openControl() (err error) {
	a.plane, err = registry.Handler(a.Registry, func(o *registry.HandlerOptions) {
		host := a.options.Hosts[0]
		o.Keys = a.options.Keys
		o.Endpoints = map[string]string{"iot:Data-ATS": host, "iot:Data": host, "iot:CredentialProvider": host, "iot:Jobs": host}
	})
	return err
}

// dir is where a part keeps its files.
func (a *Account) dir(part string) string {
	if a.options.Dir == "" {
		return ""
	}
	return filepath.Join(a.options.Dir, part)
}

// listen opens every listener before anything is served, so that a port that is taken is
// an error of Start.
func (a *Account) listen() (err error) {
	a.options.Addresses.each(func(name string, address *string) {
		if *address == "-" || err != nil {
			return
		}
		var l net.Listener
		if l, err = net.Listen("tcp", *address); err == nil {
			a.listeners[name] = l
		}
	})
	address := func(name string) string {
		if l := a.listeners[name]; l != nil {
			return l.Addr().String()
		}
		return ""
	}
	a.MQTT, a.TLS, a.HTTPS, a.Plain = address("MQTT"), address("TLS"), address("HTTPS"), address("Plain")
	if host := address("Control"); host != "" {
		a.Control = "http://" + host
	}
	return err
}

func (a *Account) serve() {
	doors := map[string]gateway.Door{"MQTT": gateway.Port8883, "TLS": gateway.Port443, "HTTPS": gateway.Port8443, "Plain": gateway.Plain}
	for name, l := range a.listeners {
		if door, ok := doors[name]; ok {
			a.run(func() error { return a.Gateway.Serve(a.serving, l, door) })
		}
	}
	l := a.listeners["Control"]
	if l == nil {
		return
	}
	a.control = &http.Server{Handler: a.plane, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, ErrorLog: slog.NewLogLogger(a.options.Logger.Handler(), slog.LevelWarn)}
	a.run(func() error {
		if err := a.control.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
}

// run runs what serves a listener; Close waits for it and returns its error.
func (a *Account) run(serve func() error) {
	a.served.Go(func() {
		err := serve()
		a.mu.Lock()
		defer a.mu.Unlock()
		a.failed = errors.Join(a.failed, err)
	})
}

// Close ends the account in order: clients are told to leave, rules are done with what they
// have taken, and everything is on disk. What is left when ctx ends is cut. The error is
// that of ctx, of a listener that failed before, or of the files.
func (a *Account) Close(ctx context.Context) error {
	a.stop()
	var errs []error
	if a.control != nil {
		errs = append(errs, a.control.Shutdown(ctx))
	}
	for _, l := range a.listeners { // those that Serve had, it has closed
		_ = l.Close()
	}
	if a.Gateway != nil {
		errs = append(errs, a.Gateway.Shutdown(ctx))
	}
	if a.Rules != nil {
		errs = append(errs, a.Rules.Close(ctx))
	}
	a.served.Wait()
	if a.Registry != nil {
		errs = append(errs, a.Registry.Close())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return errors.Join(append(errs, a.failed)...)
}
