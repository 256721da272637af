package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"

	"github.com/askaround/askaround-go/iotauth"
)

func runSign(_ context.Context, p *program, args []string) error {
	set := p.flags("sign", "TOKEN")
	keyFile := set.String("key", "private.pem", "`file` of the private key")
	as := set.String("as", "signature", "what to print: signature; or all that a client sends, as header, query or username")
	c := iotauth.Credentials{}
	set.StringVar(&c.Authorizer, "authorizer", "", "`name` of the authorizer; none is the default one")
	set.StringVar(&c.TokenKey, "token-key", "", "`name` under which the token travels, the authorizer's tokenKeyName")
	user := set.String("user", "", "user `name` in front of what username prints")
	operands, err := parse(set, args, 1, 1)
	if err != nil {
		return err
	}
	forms := []string{"signature", "header", "query", "username"}
	if !slices.Contains(forms, *as) {
		return p.wrong(set, "-as %q is none of %v", *as, forms)
	}
	if *as != "signature" && c.TokenKey == "" {
		return p.wrong(set, "-as %s needs -token-key", *as)
	}
	if c.Token, err = p.operand(operands[0]); err != nil {
		return err
	}
	if c.Signature, err = signature(*keyFile, c.Token); err != nil {
		return err
	}
	return p.printAs(*as, c, *user)
}

func signature(keyFile, token string) (string, error) {
	text, err := os.ReadFile(keyFile)
	if err != nil {
		return "", err
	}
	key, err := iotauth.ParsePrivateKey(text)
	if err != nil {
		return "", fmt.Errorf("%s: %w", keyFile, err)
	}
	signer, err := iotauth.NewSigner(key)
	if err != nil {
		return "", fmt.Errorf("%s: %w", keyFile, err)
	}
	return signer.Sign(token)
}

func (p *program) printAs(form string, c iotauth.Credentials, user string) error {
	text, err := c.Signature, error(nil)
	switch form {
	case "header":
		return p.printHeader(c)
	case "query":
		text, err = c.Query()
	case "username":
		text, err = c.Username(user)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, text)
	return nil
}

// printHeader prints headers in the order of their names, as curl -H @file reads them.
func (p *program) printHeader(c iotauth.Credentials) error {
	h := http.Header{}
	if err := c.SetHeader(h); err != nil {
		return err
	}
	return h.Write(crlfToLF{p.stdout})
}

func runVerify(_ context.Context, p *program, args []string) error {
	set := p.flags("verify", "TOKEN")
	keyFiles := set.String("key", "public.pem", "`file` of the public key, or two with a comma between")
	text := set.String("signature", "", "the signature, base64")
	jwt := set.Bool("jwt", false, "TOKEN is a whole JWT, which holds its signature")
	operands, err := parse(set, args, 1, 1)
	if err != nil {
		return err
	}
	if (*text == "") != *jwt {
		return p.wrong(set, "either -signature or -jwt")
	}
	token, err := p.operand(operands[0])
	if err != nil {
		return err
	}
	if *jwt {
		if token, *text, err = iotauth.SplitJWT(token); err != nil {
			return err
		}
	}
	v, err := readVerifier(*keyFiles)
	if err != nil {
		return err
	}
	switch err := v.Verify(token, *text); {
	case errors.Is(err, iotauth.ErrSignature):
		fmt.Fprintln(p.stdout, err)
		return errNo
	case err != nil:
		return err
	}
	fmt.Fprintln(p.stdout, "the signature is good")
	return nil
}
