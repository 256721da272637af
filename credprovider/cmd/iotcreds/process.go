package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// processOutput is the JSON form that credential_process wants, see
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html.
type processOutput struct {
	Version         int
	AccessKeyID     string `json:"AccessKeyId"`
	SecretAccessKey string
	SessionToken    string
	Expiration      string
}

func runProcess(ctx context.Context, p *program, args []string) error {
	set := p.flags("credential-process", "")
	var d device
	if err := d.parse(p, set, args); err != nil {
		return err
	}
	if set.NArg() > 0 {
		return p.wrong(set, "credential-process takes no operand %q", set.Arg(0))
	}
	provider, err := d.provider(p)
	if err != nil {
		return err
	}
	defer provider.Close()
	c, err := provider.RetrieveWithExpiry(ctx)
	if err != nil {
		return err
	}
	// One write: a reader gets all of it or nothing.
	text, err := json.Marshal(processOutput{1, c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.Expires.UTC().Format(time.RFC3339)})
	if err != nil {
		return err
	}
	if _, err := p.stdout.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("writing the credentials: %w", err)
	}
	return nil
}
