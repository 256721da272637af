package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/askaround/askaround-go/examples/authorizer/function"
	"github.com/askaround/askaround-go/iotauth"
)

// walk is the devices' part: what each token opens.
func (a *account) walk(ctx context.Context, d *device, tell *teller) error {
	for _, step := range []func(context.Context, *device, *teller) error{a.test, a.beAllowed, a.beDefault, a.beDenied, a.beUnknown, a.beForged, a.beUser} {
		if err := step(ctx, d, tell); err != nil {
			return err
		}
	}
	return nil
}

// credentials are those of a device whose issuer signed token.
func (a *account) credentials(token string) (iotauth.Credentials, error) {
	signature, err := a.signer.Sign(token)
	return iotauth.Credentials{Authorizer: authorizerName, TokenKey: tokenKeyName, Token: token, Signature: signature}, err
}

// test asks what the function would answer, as "aws iot test-invoke-authorizer" does.
func (a *account) test(ctx context.Context, _ *device, tell *teller) error {
	c, err := a.credentials("allow")
	if err != nil {
		return err
	}
	response, err := a.Registry.TestInvokeAuthorizer(ctx, authorizerName, c.Token, c.Signature, iotauth.Request{})
	if err != nil {
		return err
	}
	text, err := json.Marshal(response)
	if err != nil {
		return err
	}
	tell.step("Test", "%s", text)
	return nil
}

// publish publishes with a token and expects a status.
func (a *account) publish(ctx context.Context, d *device, c iotauth.Credentials, code int) (answer, error) {
	got, err := d.publish(ctx, c, function.Topic, "Hello from custom auth")
	if err == nil {
		err = got.expect(code)
	}
	return got, err
}

func (a *account) beAllowed(ctx context.Context, d *device, tell *teller) error {
	c, err := a.credentials("allow")
	if err != nil {
		return err
	}
	got, err := a.publish(ctx, d, c, 200)
	if err != nil {
		return err
	}
	tell.step("Allow", "token \"allow\": %s", got)
	tell.more("x-amzn-RequestId: " + got.requestID)
	return nil
}

func (a *account) beDefault(ctx context.Context, d *device, tell *teller) error {
	c, err := a.credentials("allow")
	if err != nil {
		return err
	}
	c.Authorizer = ""
	got, err := a.publish(ctx, d, c, 200)
	if err != nil {
		return err
	}
	tell.step("No name", "the default authorizer: %s", got.status)
	return nil
}

func (a *account) beDenied(ctx context.Context, d *device, tell *teller) error {
	c, err := a.credentials("deny")
	if err != nil {
		return err
	}
	got, err := a.publish(ctx, d, c, 403)
	if err != nil {
		return err
	}
	tell.step("Deny", "token \"deny\": %s", got)
	return nil
}

func (a *account) beUnknown(ctx context.Context, d *device, tell *teller) error {
	c, err := a.credentials("something else")
	if err != nil {
		return err
	}
	before := a.calls.Load()
	got, err := a.publish(ctx, d, c, 403)
	if err != nil {
		return err
	}
	tell.step("Unknown", "token \"something else\": %s; calls of the function: %d", got.status, a.calls.Load()-before)
	return nil
}

func (a *account) beForged(ctx context.Context, d *device, tell *teller) error {
	c, err := a.credentials("allow")
	if err != nil {
		return err
	}
	before := a.calls.Load()
	c.Token = "allow me"
	got, err := a.publish(ctx, d, c, 403)
	if err != nil {
		return err
	}
	if called := a.calls.Load() - before; called != 0 {
		return fmt.Errorf("%w: the function was called for a token with another's signature", errAnswer)
	}
	tell.step("Forged", "a token with another's signature: %s; the function was not called", got.status)
	return nil
}

// tellHow prints commands to try.
func (a *account) tellHow(w io.Writer) {
	fmt.Fprintf(w, `
The account runs until Ctrl-C. In another terminal:

cd %[1]s
export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=us-east-1
sign() { printf %%s "$1" | openssl dgst -sha256 -sign %[2]s | openssl base64 -A; }
aws iot describe-authorizer --authorizer-name %[3]s --endpoint-url %[4]s
aws iot test-invoke-authorizer --authorizer-name %[3]s --token allow --token-signature "$(sign allow)" --endpoint-url %[4]s
curl -i --cacert %[5]s 'https://%[6]s/topics/%[7]s?qos=1' -d 'Hello from custom auth' \
  -H 'x-amz-customauthorizer-name: %[3]s' -H "x-amz-customauthorizer-signature: $(sign allow)" -H '%[8]s: allow'
`, a.dir, privateKeyFile, authorizerName, a.Control, caFile, a.endpoint, function.Topic, tokenKeyName)
}

// teller prints numbered steps.
type teller struct {
	w io.Writer
	n int
}

func newTeller(w io.Writer) *teller { return &teller{w: w} }

func (t *teller) step(title, format string, args ...any) {
	t.n++
	fmt.Fprintf(t.w, "%2d. %-11s %s\n", t.n, title, fmt.Sprintf(format, args...))
}

// more is another line of the step before.
func (t *teller) more(text string) { fmt.Fprintf(t.w, "    %-11s %s\n", "", text) }
