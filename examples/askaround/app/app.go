package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/httpapi"
	"github.com/askaround/askaround-go/internal/broker"
	"github.com/askaround/askaround-go/internal/devissuer"
	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/direct"
	"github.com/askaround/askaround-go/internal/localaws/pump"
)

// App is the whole system. Make one with [Open], then call [App.Run], once.
type App struct {
	config    Config
	web       net.Listener
	mqtt      net.Listener
	aws       net.Listener
	local     *localaws.Local
	resources askaround.Resources
	service   *askaround.Service
	broker    *broker.Broker
	events    *httpapi.Events
	issuer    *devissuer.Issuer // nil with Config.Issuer
	mappings  []mapping
	handler   http.Handler
}

// Open listens, opens the stores and makes the tables and queues that are missing.
// What it opened is closed by Run, or by Close where Run is never called.
func Open(ctx context.Context, config Config) (*App, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	a := &App{config: config}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) error {
	if err := a.listen(); err != nil {
		return err
	}
	if err := a.openStores(ctx); err != nil {
		return err
	}
	verifier, err := a.openIssuer(ctx)
	if err != nil {
		return err
	}
	a.broker, err = broker.New(func(o *broker.Options) {
		o.Authenticate = admit(verifier)
		o.Logger = a.log("broker")
	})
	if err != nil {
		return err
	}
	a.events = httpapi.NewEvents()
	publisher := httpapi.Publishers{a.broker, a.events}
	load := a.workload()
	worker, err := askaround.NewWorker(a.dynamoDB(), a.sqs(), a.resources, publisher, func(o *askaround.WorkerOptions) {
		o.Logger, o.BatchWorkers = a.log("worker"), load.batchWorkers
	})
	if err != nil {
		return err
	}
	if a.mappings, err = mappings(a.local, a.resources, worker, a.config.Pace, load); err != nil {
		return err
	}
	a.handler, err = a.routes(verifier)
	return err
}

// workload says how much is processed at a time. In memory nothing waits, so that half of
// the processors do as much as all of them would beside requests, which find the other half
// free. What waits for a disk may be more: one write to it then serves many.
func (a *App) workload() workload {
	if a.config.Dir != "" {
		return workload{pollers: 2}
	}
	most := max(runtime.GOMAXPROCS(0)/2, 1)
	return workload{turns: pump.NewExecutions(most), pollers: most, batchWorkers: 1}
}

func (a *App) listen() (err error) {
	for _, l := range []struct {
		what string
		to   *net.Listener
		addr string
	}{{"the page", &a.web, a.config.Addr}, {"MQTT", &a.mqtt, a.config.MQTTAddr}, {"AWS", &a.aws, a.config.AWSAddr}} {
		if *l.to, err = net.Listen("tcp", l.addr); err != nil {
			return fmt.Errorf("app: address of %s: %w", l.what, err)
		}
	}
	return nil
}

// streamShards spread the work on sums, and what it makes to be told, over each interval of
// Config.Pace.
const streamShards = 16

func (a *App) openStores(ctx context.Context) (err error) {
	a.local, err = localaws.Open(ctx, func(o *localaws.Options) {
		o.Dir = a.config.Dir
		o.StreamShards = streamShards
		o.Logger = a.log("localaws")
	})
	if err != nil {
		return err
	}
	if a.resources, err = askaround.Provision(ctx, a.dynamoDB(), a.sqs(), "askaround-"); err != nil {
		return err
	}
	if err := a.release(ctx); err != nil {
		return err
	}
	a.service, err = askaround.NewService(a.dynamoDB(), a.sqs(), a.resources, func(o *askaround.ServiceOptions) { o.Logger = a.log("service") })
	return err
}

// release gives back the messages that the process before had in hand when it ended.
func (a *App) release(ctx context.Context) error {
	for _, url := range []string{a.resources.QuestionsQueue, a.resources.StarAnswersQueue, a.resources.GeoAnswersQueue} {
		if err := a.local.SQS().Release(ctx, url); err != nil {
			return fmt.Errorf("app: %w", err)
		}
	}
	return nil
}

// openIssuer returns the verifier of tokens. A development issuer is asked without a
// socket, since the process does not serve yet.
func (a *App) openIssuer(ctx context.Context) (*httpapi.Verifier, error) {
	url, client := a.config.Issuer, (*http.Client)(nil)
	if url == "" {
		url = a.URL() + "/dev"
		issuer, err := devissuer.New(url, func(o *devissuer.Options) {
			o.Audience = a.config.Audience
			if a.config.Dir != "" {
				o.KeyFile = filepath.Join(a.config.Dir, "issuer-key.pem")
			}
		})
		if err != nil {
			return nil, err
		}
		a.issuer, client = issuer, issuer.Client()
	}
	verifier, err := httpapi.NewVerifier(url, a.config.Audience, func(o *httpapi.VerifierOptions) {
		o.HTTPClient, o.Logger = client, a.log("verifier")
	})
	if err != nil {
		return nil, err
	}
	return verifier, verifier.Ready(ctx)
}

// Close closes what Open opened, for an App that was never run.
func (a *App) Close() error {
	var errs []error
	for _, l := range []net.Listener{a.web, a.mqtt, a.aws} {
		if l != nil {
			if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	if a.local != nil {
		errs = append(errs, a.local.Close())
	}
	return errors.Join(errs...)
}

func (a *App) dynamoDB() *direct.DynamoDB { return direct.NewDynamoDB(a.local) }
func (a *App) sqs() *direct.SQS           { return direct.NewSQS(a.local) }

func (a *App) log(part string) *slog.Logger { return a.config.Logger.With("part", part) }
