package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The headers and the bounds of the instance metadata service, version 2, see
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html.
const (
	imdsTokenHeader = "X-Aws-Ec2-Metadata-Token"
	imdsTTLHeader   = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
	maxIMDSTTL      = 6 * time.Hour
)

// imdsTokens makes session tokens and knows them again: a token is a random number, the
// time of its end, and a MAC of both. Nothing is kept of it.
type imdsTokens struct {
	key   [32]byte // of this process
	clock func() time.Time
}

const (
	imdsNonce = 16
	imdsHead  = imdsNonce + 8 // and the end, in nanoseconds since 1970
)

func newIMDSTokens(clock func() time.Time) *imdsTokens {
	t := &imdsTokens{clock: clock}
	_, _ = rand.Read(t.key[:]) // never fails
	return t
}

// issue answers PUT /latest/api/token.
func (t *imdsTokens) issue(w http.ResponseWriter, r *http.Request) {
	seconds, err := strconv.Atoi(r.Header.Get(imdsTTLHeader))
	ttl := time.Duration(seconds) * time.Second
	if err != nil || seconds < 1 || seconds > int(maxIMDSTTL/time.Second) {
		http.Error(w, imdsTTLHeader+" is not within 1 to 21600", http.StatusBadRequest)
		return
	}
	w.Header().Set(imdsTTLHeader, strconv.Itoa(seconds))
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprint(w, t.token(ttl))
}

func (t *imdsTokens) token(ttl time.Duration) string {
	head := make([]byte, imdsNonce, imdsHead)
	_, _ = rand.Read(head) // never fails
	return t.seal(binary.BigEndian.AppendUint64(head, uint64(t.clock().Add(ttl).UnixNano())))
}

// seal is the token that begins with head.
func (t *imdsTokens) seal(head []byte) string {
	h := hmac.New(sha256.New, t.key[:])
	h.Write(head)
	return base64.URLEncoding.EncodeToString(h.Sum(head))
}

// valid reports whether text is a token of this process that has not expired.
func (t *imdsTokens) valid(text string) bool {
	raw, err := base64.URLEncoding.DecodeString(text)
	if err != nil || len(raw) != imdsHead+sha256.Size {
		return false
	}
	// The text is compared, not the bytes: several texts stand for the same bytes.
	head := raw[:imdsHead:imdsHead]
	return hmac.Equal([]byte(text), []byte(t.seal(head))) && t.clock().UnixNano() < int64(binary.BigEndian.Uint64(head[imdsNonce:]))
}

// guard wants a token. There is no version 1.
func (t *imdsTokens) guard(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !t.valid(r.Header.Get(imdsTokenHeader)) {
			http.Error(w, "no valid "+imdsTokenHeader+": get one with PUT /latest/api/token", http.StatusUnauthorized)
			return
		}
		next(w, r)
	}
}

// roles answers with the one name under which credentials are served.
func (l *local) roles(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	fmt.Fprint(w, l.role)
}

// metadata answers with the credentials of the role.
func (l *local) metadata(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("role") != l.role {
		http.NotFound(w, r)
		return
	}
	c, ok := l.retrieve(w, r)
	if !ok {
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{
		"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": l.imds.clock().UTC().Format(time.RFC3339),
		"AccessKeyId": c.AccessKeyID, "SecretAccessKey": c.SecretAccessKey, "Token": c.SessionToken, "Expiration": expiration(c),
	})
}
