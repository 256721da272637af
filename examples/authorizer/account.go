package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/askaround/askaround-go/examples/authorizer/function"
	"github.com/askaround/askaround-go/internal/devissuer"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/gateway/local"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
)

// The names in the account.
const (
	authorizerName = "CustomAuthorizer"
	tokenKeyName   = "CustomAuthorizerToken"
	functionARN    = "arn:aws:lambda:us-east-1:123456789012:function:CustomAuthorizer"

	oidcAuthorizerName = "OIDC"
	oidcTokenKeyName   = "token"
	oidcFunctionARN    = "arn:aws:lambda:us-east-1:123456789012:function:OIDC"
)

// The files that the account leaves for its devices.
const (
	caFile         = "AmazonRootCA1.pem"
	privateKeyFile = "private.pem"
	publicKeyFile  = "public.pem"
)

// account is an AWS account in this process, with an OpenID Connect issuer beside it.
type account struct {
	*local.Account
	endpoint string
	dir      string
	signer   *iotauth.Signer
	issuer   *devissuer.Issuer
	calls    atomic.Int64 // of the function
}

// openAccount starts an account in which nothing is registered. Its files go to dir.
func openAccount(dir string) (*account, error) {
	a := &account{dir: dir}
	oidc, err := a.openIssuer()
	if err != nil {
		return nil, err
	}
	counted := iotauth.HandlerFunc(func(ctx context.Context, request *iotauth.Request) (*iotauth.Response, error) {
		a.calls.Add(1)
		return function.Authorize(ctx, request)
	})
	a.Account, err = local.Start(func(o *local.Options) {
		o.Functions = map[string]iotauth.Handler{functionARN: counted, oidcFunctionARN: oidc}
	})
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(a.TLS)
	if err == nil {
		a.endpoint = net.JoinHostPort("localhost", port)
		err = os.WriteFile(filepath.Join(dir, caFile), a.CA(), 0o644)
	}
	if err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *account) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return a.Close(ctx)
}

// setUp makes what the posts' reader makes with openssl and the AWS CLI.
func (a *account) setUp(ctx context.Context, tell *teller) error {
	public, err := a.makeKey()
	if err != nil {
		return err
	}
	tell.step("Key", "RSA, %d bits; the private half signs tokens, AWS IoT has the public one", iotauth.MinKeyBits)
	made, err := a.Registry.CreateAuthorizer(ctx, registry.Authorizer{
		Name: authorizerName, FunctionARN: functionARN, TokenKeyName: tokenKeyName,
		TokenSigningPublicKeys: map[string]string{"FIRST_KEY": string(public)}, Status: registry.Active,
	})
	if err != nil {
		return err
	}
	tell.step("Authorizer", "%s, %s", made.ARN, made.Status)
	tell.more("calls " + made.FunctionARN + ", takes the token from " + made.TokenKeyName)
	if _, err := a.Registry.SetDefaultAuthorizer(ctx, authorizerName); err != nil {
		return err
	}
	tell.step("Default", "%s is asked for clients that name none", authorizerName)
	_, err = a.Registry.CreateAuthorizer(ctx, registry.Authorizer{
		Name: oidcAuthorizerName, FunctionARN: oidcFunctionARN, TokenKeyName: oidcTokenKeyName, SigningDisabled: true, Status: registry.Active,
	})
	return err
}

// makeKey makes the key that signs tokens, and returns its public half.
func (a *account) makeKey() (public []byte, err error) {
	key, err := rsa.GenerateKey(rand.Reader, iotauth.MinKeyBits)
	if err != nil {
		return nil, err
	}
	if a.signer, err = iotauth.NewSigner(key); err != nil {
		return nil, err
	}
	private, err := iotauth.MarshalPrivateKey(key)
	if err != nil {
		return nil, err
	}
	if public, err = iotauth.MarshalPublicKey(&key.PublicKey); err != nil {
		return nil, err
	}
	return public, errors.Join(
		os.WriteFile(filepath.Join(a.dir, privateKeyFile), private, 0o600),
		os.WriteFile(filepath.Join(a.dir, publicKeyFile), public, 0o644),
	)
}
