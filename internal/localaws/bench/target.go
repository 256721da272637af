package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/askaround/askaround-go/internal/inprocess"
	"github.com/askaround/askaround-go/internal/localaws"
)

// The targets by their names in the table.
const (
	oursInProcess   = "ours in process"
	oursDurable     = "ours in process, durable"
	oursHTTP        = "ours over HTTP"
	oursDurableHTTP = "ours over HTTP, durable"
	dynoxideMemory  = "dynoxide, memory"
	dynoxideDisk    = "dynoxide, disk"
	stubInProcess   = "SDK ceiling in process"
	stubHTTP        = "SDK ceiling over HTTP"
)

// target is something to measure.
type target struct {
	name    string
	start   func(context.Context) (*server, error)
	prepare func(context.Context, *dynamodb.Client) error
}

// server is a target that was started.
type server struct {
	db   *dynamodb.Client
	stop func()
	pid  int // of its process, 0 for this one or an unknown one
}

func targets(endpoints endpointFlags) []target {
	all := []target{
		{oursInProcess, inProcess(false), prepare},
		{oursDurable, inProcess(true), prepare},
		{oursHTTP, child("ours", false), prepare},
		{oursDurableHTTP, child("ours", true), prepare},
	}
	if path := os.Getenv("DYNOXIDE"); path != "" {
		all = append(all, target{dynoxideMemory, dynoxide(path, false), prepare}, target{dynoxideDisk, dynoxide(path, true), prepare})
	}
	for _, e := range endpoints {
		all = append(all, target{e.name, func(context.Context) (*server, error) { return &server{client(e.url), func() {}, 0}, nil }, prepare})
	}
	nothing := func(context.Context, *dynamodb.Client) error { return nil }
	stub := func(context.Context) (*server, error) {
		return &server{dynamodb.NewFromConfig(config("http://stub.invalid", inprocess.Transport(stubHandler()))), func() {}, 0}, nil
	}
	return append(all, target{stubInProcess, stub, nothing}, target{stubHTTP, child("stub", false), nothing})
}

func config(url string, transport http.RoundTripper) aws.Config {
	return aws.Config{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		BaseEndpoint: &url, HTTPClient: &http.Client{Transport: transport}}
}

// client calls a server over as many connections as there are goroutines.
func client(url string) *dynamodb.Client {
	return dynamodb.NewFromConfig(config(url, &http.Transport{MaxIdleConnsPerHost: 64, DialContext: new(net.Dialer).DialContext}))
}

func inProcess(durable bool) func(context.Context) (*server, error) {
	return func(ctx context.Context) (*server, error) {
		dir, remove, err := dataDir(durable)
		if err != nil {
			return nil, err
		}
		local, err := localaws.Open(ctx, func(o *localaws.Options) { o.Dir = dir })
		if err != nil {
			return nil, errors.Join(err, remove())
		}
		return &server{dynamodb.NewFromConfig(local.Config()), func() { _ = errors.Join(local.Close(), remove()) }, 0}, nil
	}
}

// dataDir makes a directory that a durable server can have, "" for one that is not.
func dataDir(durable bool) (dir string, remove func() error, err error) {
	if !durable {
		return "", func() error { return nil }, nil
	}
	dir, err = os.MkdirTemp("", "localaws-bench-")
	return filepath.Join(dir, "data"), func() error { return os.RemoveAll(dir) }, err
}

// endpoint is another server, which somebody else started.
type endpoint struct{ name, url string }

type endpointFlags []endpoint

func (f *endpointFlags) String() string { return "" }

func (f *endpointFlags) Set(s string) error {
	name, url, ok := strings.Cut(s, "=")
	if !ok {
		return errors.New("want name=url")
	}
	*f = append(*f, endpoint{name, url})
	return nil
}
