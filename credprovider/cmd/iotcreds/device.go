package main

import (
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/askaround/askaround-go/credprovider"
)

// device is what the flags say of the device and of its account.
type device struct {
	endpoint, alias, thing string
	cert, key              string
	p12, p12Password       string
	ca                     string
	timeout                time.Duration
}

// parse adds the flags of the device to set, parses args, and takes from the environment
// what they do not say.
func (d *device) parse(p *program, set *flag.FlagSet, args []string) error {
	own := map[string]bool{}
	text := func(value *string, name, usage string) {
		set.StringVar(value, name, "", usage)
		own[name] = true
	}
	text(&d.endpoint, "endpoint", "the account's `host`, as aws iot describe-endpoint --endpoint-type iot:CredentialProvider prints it")
	text(&d.alias, "role-alias", "`name` of the role alias")
	text(&d.thing, "thing", "`name` of the thing, where policies ask for it")
	text(&d.cert, "cert", "PEM `file` of the device's certificate, with its chain after it")
	text(&d.key, "key", "PEM `file` of the device's key; default: the file of the certificate")
	text(&d.p12, "p12", "PKCS#12 `file` of certificate and key, in place of -cert and -key")
	text(&d.p12Password, "p12-password-file", "`file` of the password of -p12; default: no password")
	text(&d.ca, "ca", "PEM `file` of the authorities that may have signed the service's certificate; default: the system's")
	set.DurationVar(&d.timeout, "timeout", 10*time.Second, "longest time for one exchange")
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errUsage
	}
	set.Visit(func(f *flag.Flag) { delete(own, f.Name) })
	for name := range own {
		variable := "IOTCREDS_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if value := p.getenv(variable); value != "" {
			if err := set.Set(name, value); err != nil {
				return p.wrong(set, "%s: %v", variable, err)
			}
		}
	}
	return d.check(p, set)
}

// getenv is the value of a variable, or "".
func (p *program) getenv(name string) string {
	i := slices.IndexFunc(p.environ, func(s string) bool { return strings.HasPrefix(s, name+"=") })
	if i < 0 {
		return ""
	}
	return p.environ[i][len(name)+1:]
}

// check reports flags that are missing or do not fit together.
func (d *device) check(p *program, set *flag.FlagSet) error {
	switch {
	case d.endpoint == "":
		return p.wrong(set, "-endpoint is missing")
	case d.alias == "":
		return p.wrong(set, "-role-alias is missing")
	case d.cert == "" && d.p12 == "":
		return p.wrong(set, "-cert is missing, or -p12")
	case d.p12 != "" && (d.cert != "" || d.key != ""):
		return p.wrong(set, "-p12 stands in place of -cert and -key")
	case d.p12 == "" && d.p12Password != "":
		return p.wrong(set, "-p12-password-file goes with -p12")
	case d.timeout <= 0:
		return p.wrong(set, "-timeout %v is not positive", d.timeout)
	}
	if d.key == "" {
		d.key = d.cert
	}
	return nil
}

// secretFile is the file that holds the key.
func (d *device) secretFile() string {
	if d.p12 != "" {
		return d.p12
	}
	return d.key
}

// identity reads no certificate yet, but the password of one.
func (d *device) identity() (credprovider.Identity, error) {
	if d.p12 == "" {
		return credprovider.FromFiles(d.cert, d.key), nil
	}
	password := ""
	if d.p12Password != "" {
		text, err := os.ReadFile(d.p12Password)
		if err != nil {
			return nil, err
		}
		password = strings.TrimRight(string(text), "\r\n")
	}
	return credprovider.FromPKCS12(d.p12, password), nil
}

// roots are the authorities of -ca, nil for the system's.
func (d *device) roots() (*x509.CertPool, error) {
	if d.ca == "" {
		return nil, nil
	}
	text, err := os.ReadFile(d.ca)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", d.ca)
	}
	return pool, nil
}

// provider returns a provider for the device. It warns of a key that others can read.
func (d *device) provider(p *program, optFns ...func(*credprovider.Options)) (*credprovider.Provider, error) {
	identity, err := d.identity()
	if err != nil {
		return nil, err
	}
	roots, err := d.roots()
	if err != nil {
		return nil, err
	}
	if problem := exposed(d.secretFile()); problem != "" {
		fmt.Fprintln(p.stderr, "iotcreds: warning:", problem)
	}
	provider, err := credprovider.New(d.endpoint, d.alias, identity, append([]func(*credprovider.Options){func(o *credprovider.Options) {
		o.ThingName, o.RootCAs, o.Timeout = d.thing, roots, d.timeout
	}}, optFns...)...)
	if errors.Is(err, credprovider.ErrInvalid) {
		return nil, &exitError{exitUsage, err}
	}
	return provider, err
}

// logger writes to the standard error.
func (p *program) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: level}))
}
