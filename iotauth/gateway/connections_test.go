package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// TestDeleteConnection: who may, whom, and what becomes of the session and of the will.
func TestDeleteConnection(t *testing.T) {
	s := openSite(t, func(o *Options) {
		o.Keys = StaticKeys{siteKey: {Secret: siteSecret, Policies: []*policy.Document{policy.New(policy.Allow(policy.DeleteConnection).On(policy.Client("room*")))}}}
	})
	username, err := s.credentials(t).Username("")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		reason, clientID, query string
		connected               bool
		status                  int
		will, session           bool // left behind
	}{
		{reason: "the session stays", clientID: "room1", connected: true, status: 200, will: true, session: true},
		{reason: "without the will", clientID: "room2", query: "?preventWillMessage=true", connected: true, status: 200, session: true},
		{reason: "with the session", clientID: "room/3 ä", query: "?cleanSession=TRUE", connected: true, status: 200, will: true},
		{reason: "with all", clientID: "room4", query: "?cleanSession=true&preventWillMessage=true", connected: true, status: 200},
		{reason: "of nobody", clientID: "room5", status: 404},
		{reason: "not allowed", clientID: "hall", connected: true, status: 403},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			var p *mqttest.Peer
			if tt.connected {
				p = mqttest.Dial(t, s.address[Plain], 5)
				p.Connect(tt.clientID, mqttest.Login(username, "any"), mqttest.Persistent(3600), mqttest.Will("doors/will", "gone", 0, false, 0))
			}
			status, body := s.deleteConnection(t, tt.clientID, tt.query)
			if status != tt.status || (status == 200) != (body == "") {
				t.Fatalf("%d %s\n%s", status, body, s.log)
			}
			if p == nil {
				return
			}
			if status != 200 {
				p.Alive()
				p.Disconnect()
				return
			}
			p.Dismissed(packets.ErrAdministrativeAction)
			again := mqttest.Dial(t, s.address[Plain], 5)
			ack := again.Connect(tt.clientID, mqttest.Login(username, "any"), mqttest.Persistent(3600), mqttest.Edit(func(pk *packets.Packet) { pk.Connect.Clean = false }))
			if ack.SessionPresent != tt.session {
				t.Errorf("session present %t", ack.SessionPresent)
			}
			again.Disconnect()
			if tt.will {
				if m := s.published(t); m.Topic != "doors/will" {
					t.Errorf("published %+v", m)
				}
			}
			s.nothingPublished(t)
		})
	}
}

// deleteConnection asks for it, signed.
func (s *site) deleteConnection(t testing.TB, clientID, query string) (status int, body string) {
	t.Helper()
	return s.signed(t, http.MethodDelete, "/connections/"+strings.NewReplacer("/", "%2F", " ", "%20", "ä", "%C3%A4").Replace(clientID)+query)
}

// signed sends a request that is signed with the site's key.
func (s *site) signed(t testing.TB, method, path string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://localhost"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	empty := sha256.Sum256(nil)
	if err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: siteKey, SecretAccessKey: siteSecret}, r, hex.EncodeToString(empty[:]), "iotdata", "us-east-1", time.Now()); err != nil {
		t.Fatal(err)
	}
	response, err := s.dialHTTP(t, Port443, s.tls("http/1.1")).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}
