package sigv4

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadShared(t *testing.T) {
	tests := []struct {
		name, text string
		want       Static // nil: ErrShared
	}{
		{"static and session keys", "# a comment\n[default]\naws_access_key_id = AKID\naws_secret_access_key=a=b/c+d==\n\n[profile s]\r\nAWS_ACCESS_KEY_ID=ASIA\r\naws_secret_access_key = x\naws_session_token = t==\nregion = eu-west-1\n",
			Static{"AKID": {SecretAccessKey: "a=b/c+d=="}, "ASIA": {SecretAccessKey: "x", SessionToken: "t=="}}},
		{"a profile that gets its key in another way", "[a]\nrole_arn = x\n[b]\naws_access_key_id=k\naws_secret_access_key=s\n", Static{"k": {SecretAccessKey: "s"}}},
		{"one key in two profiles", "[a]\naws_access_key_id=k\naws_secret_access_key=s\n[b]\naws_access_key_id=k\naws_secret_access_key=s\n", Static{"k": {SecretAccessKey: "s"}}},
		{"one key with two secrets", "[a]\naws_access_key_id=k\naws_secret_access_key=s\n[b]\naws_access_key_id=k\naws_secret_access_key=other\n", nil},
		{"half a key", "[a]\naws_access_key_id=k\n[b]\n", nil},
		{"the other half", "[a]\naws_secret_access_key=hidden\n", nil},
		{"no setting", "[a]\nhidden\n", nil},
		{"no key", "[a]\n", nil},
		{"nothing", "", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadShared(strings.NewReader(tt.text))
			if (tt.want == nil) != errors.Is(err, ErrShared) || err != nil && strings.Contains(err.Error(), "hidden") {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff) // Secrets print as "[secret]"
			}
		})
	}
}
