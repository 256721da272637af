package credprovidertest

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Session is a set of credentials that was handed out, with what the service put into its
// token.
type Session struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string
	Expires         time.Time

	RoleARN       string
	CertificateID string // credentials-iot:AwsCertificateId
	ThingName     string // credentials-iot:ThingName; empty where the device named none
	ThingTypeName string // credentials-iot:ThingTypeName
}

// PrincipalARN names the session as AWS does in refusals: by role and certificate.
func (s Session) PrincipalARN() string {
	account, role, _ := strings.Cut(strings.TrimPrefix(s.RoleARN, "arn:aws:iam::"), ":role/")
	return "arn:aws:sts::" + account + ":assumed-role/" + role[strings.LastIndex(role, "/")+1:] + "/" + s.CertificateID
}

// refusal is an answer without credentials.
type refusal struct {
	status        int
	code, message string
}

// The service's words, as they were observed.
var (
	badCertificate = &refusal{403, "AccessDeniedException", "Certificate is invalid on this endpoint"}
	badThing       = &refusal{403, "AccessDeniedException", "Invalid thing name passed"}
	denied         = &refusal{403, "AccessDeniedException", "Access Denied"}
	noAlias        = &refusal{404, "ResourceNotFoundException", "Role alias does not exist"}
	noRole         = &refusal{400, "InvalidRequestException", "Unable to assume the role, or the role to assume does not exist"}
	tooLong        = &refusal{400, "InvalidRequestException", "The requested CredentialDurationSeconds exceeds the MaxSessionDuration set for the role"}
	noPage         = &refusal{404, "ResourceNotFoundException", "Not Found"}
)

func (e *Endpoint) serve(w http.ResponseWriter, r *http.Request) {
	e.counters.requests.Add(1)
	w.Header().Set("X-Amzn-Requestid", newRequestID())
	w.Header().Set("Date", e.now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json")
	if fault, ok := e.script.next(); ok {
		fault.run(e, w, r)
		return
	}
	e.answer(w, r)
}

func (e *Endpoint) answer(w http.ResponseWriter, r *http.Request) {
	s, refused := e.exchange(r)
	if refused != nil {
		refused.write(w)
		return
	}
	s.write(w, s.Expires)
}

// exchange decides a request in the service's order.
func (e *Endpoint) exchange(r *http.Request) (Session, *refusal) {
	name, isPath := strings.CutPrefix(r.URL.Path, "/role-aliases/")
	name, isCredentials := strings.CutSuffix(name, "/credentials")
	if r.Method != http.MethodGet || !isPath || !isCredentials {
		return Session{}, noPage
	}
	leaf := r.TLS.PeerCertificates[0] // the handshake demands one
	named := r.Header.Get("X-Amzn-Iot-Thingname")
	device, err := e.device(CertificateID(leaf), named)
	switch {
	case err != nil || !device.active:
		return Session{}, badCertificate
	case named != "" && device.thing == nil:
		return Session{}, badThing
	case !e.mayAssume(device.policies, name, leaf, device.thing, r.RemoteAddr):
		return Session{}, denied
	}
	alias, ok := e.alias(name)
	if !ok {
		return Session{}, noAlias
	}
	e.registry.mu.RLock()
	role, ok := e.roles[alias.RoleARN]
	e.registry.mu.RUnlock()
	switch {
	case !ok || role.Untrusting:
		return Session{}, noRole
	case alias.Duration > role.MaxSession:
		return Session{}, tooLong
	}
	return e.grant(alias, CertificateID(leaf), device.thing), nil
}

// grant makes a session. Like the service's, its expiration has whole seconds.
func (e *Endpoint) grant(alias RoleAlias, certificateID string, thing *Thing) Session {
	lifetime := alias.Duration
	if e.options.Lifetime > 0 {
		lifetime = e.options.Lifetime
	}
	s := Session{
		AccessKeyID: "ASIA" + rand.Text()[:16], SecretAccessKey: (rand.Text() + rand.Text())[:40],
		SessionToken: strings.Repeat(rand.Text(), 32), // 832 characters, as the service's have about
		Expires:      e.now().Add(lifetime).UTC().Truncate(time.Second),
		RoleARN:      alias.RoleARN, CertificateID: certificateID,
	}
	if thing != nil {
		s.ThingName, s.ThingTypeName = thing.Name, thing.TypeName
	}
	e.sessions.mu.Lock()
	defer e.sessions.mu.Unlock()
	e.sessions.byKey[s.AccessKeyID] = s
	return s
}

// Session returns what was handed out with an access key id. Expired sessions are
// returned, too.
func (e *Endpoint) Session(accessKeyID string) (Session, bool) {
	e.sessions.mu.RLock()
	defer e.sessions.mu.RUnlock()
	s, ok := e.sessions.byKey[accessKeyID]
	return s, ok
}

// Sessions are all that were handed out.
func (e *Endpoint) Sessions() []Session {
	e.sessions.mu.RLock()
	defer e.sessions.mu.RUnlock()
	return slices.Collect(maps.Values(e.sessions.byKey))
}

func (s Session) write(w http.ResponseWriter, expires time.Time) {
	writeCredentials(w, map[string]string{
		"accessKeyId": s.AccessKeyID, "secretAccessKey": s.SecretAccessKey, "sessionToken": s.SessionToken,
		"expiration": expires.UTC().Format(time.RFC3339),
	})
}

func writeCredentials(w http.ResponseWriter, credentials map[string]string) {
	_ = json.NewEncoder(w).Encode(map[string]any{"credentials": credentials}) // who went away is not told
}

func (f *refusal) write(w http.ResponseWriter) {
	w.Header().Set("X-Amzn-Errortype", f.code)
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": f.message})
}

// newRequestID is a random UUID, as AWS's request ids are.
func newRequestID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
