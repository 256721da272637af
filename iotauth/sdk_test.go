package iotauth

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"

	"github.com/askaround/askaround-go/internal/foreign"
)

// sdkScript has AWS's device client build its user names: by its builder for MQTT 3.1.1,
// and with a user name that has parameters already.
const sdkScript = `
import json, sys
from awsiot import mqtt_connection_builder
out = []
for c in json.load(sys.stdin):
    for user in ['bot', 'bot?SDK=x', '', None]:
        connection = mqtt_connection_builder.direct_with_custom_authorizer(
            auth_username=user, auth_authorizer_name=c['authorizer'], auth_authorizer_signature=c['signature'], auth_password=b'',
            auth_token_key_name=c['key'], auth_token_value=c['token'], endpoint='127.0.0.1', client_id='c')
        out.append({'user': (user or '').split('?')[0], 'username': connection.username, 'token': c['token']})
json.dump(out, sys.stdout)`

// TestAWSDeviceSDK reads the user names of AWS's own device client, which encodes the
// signature, but neither the token nor a slash.
func TestAWSDeviceSDK(t *testing.T) {
	packages := foreign.PythonPackages(t, "awsiotsdk==1.31.0")
	type credentials struct {
		Authorizer string `json:"authorizer"`
		Signature  string `json:"signature"`
		Key        string `json:"key"`
		Token      string `json:"token"`
	}
	var list []credentials
	token, signature := plusSignature(t)
	list = append(list, credentials{"A", signature, "Tok", token})
	for _, token := range []string{"allow", "a b", "a+b", "a=b==", "100%", "é", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ", "a?b"} {
		list = append(list, credentials{"A", sign(t, 0, token), "Tok", token})
	}
	input, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), foreign.Need(t, "python3"), "-c", sdkScript)
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr, cmd.Env = bytes.NewReader(input), &stderr, append(os.Environ(), "PYTHONPATH="+packages)
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	var built []struct{ User, Username, Token string }
	if err := json.Unmarshal(output, &built); err != nil {
		t.Fatal(err)
	}
	if len(built) != 4*len(list) {
		t.Fatalf("%d user names of %d credentials", len(built), len(list))
	}
	v := verifier(t, -1, 0)
	for _, b := range built {
		user, p, err := ParseUsername(b.Username)
		if err != nil || user != b.User || p.Authorizer() != "A" {
			t.Errorf("%q: user %q, authorizer %q, %v", b.Username, user, p.Authorizer(), err)
			continue
		}
		c, err := p.Credentials("Tok")
		if err != nil || c.Token != b.Token {
			t.Errorf("%q: token %q, %v", b.Username, c.Token, err)
			continue
		}
		if err := v.Verify(c.Token, c.Signature); err != nil {
			t.Errorf("%q: %v", b.Username, err)
		}
	}
}
