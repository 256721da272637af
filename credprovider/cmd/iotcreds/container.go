package main

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
)

// container answers as the container-credentials endpoints of ECS and EKS do, see
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html.
func (l *local) container(w http.ResponseWriter, r *http.Request) {
	want, err := l.token()
	if err != nil {
		l.refuse(w, r, http.StatusInternalServerError, "TokenUnreadable", err.Error())
		return
	}
	if want != "" && !sameSecret(r.Header.Get("Authorization"), want) {
		l.refuse(w, r, http.StatusUnauthorized, "Unauthorized", "the authorization token is missing or wrong")
		return
	}
	c, ok := l.retrieve(w, r)
	if !ok {
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{
		"AccessKeyId": c.AccessKeyID, "SecretAccessKey": c.SecretAccessKey, "Token": c.SessionToken, "Expiration": expiration(c),
	})
}

// sameSecret takes the same time for every text of a client's.
func sameSecret(got, want string) bool {
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256([]byte(want))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// tokenFile is a file with the authorization token. It is read for each request, as SDKs
// do, so that a token is replaced by replacing the file.
type tokenFile string

// open makes the file, with a random token and readable by its owner only, where there is
// none. It reports a token that SDKs would refuse.
func (f tokenFile) open() error {
	file, err := os.OpenFile(string(f), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		_, err = f.read()
		return err
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString(rand.Text())
	return errors.Join(err, file.Close())
}

func (f tokenFile) read() (string, error) {
	text, err := os.ReadFile(string(f))
	switch {
	case err != nil:
		return "", err
	case len(text) == 0:
		return "", fmt.Errorf("token file %s is empty: remove it, and a new one is made", string(f))
	case strings.ContainsFunc(string(text), func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return "", fmt.Errorf("token file %s has a line break, a space or another character that SDKs refuse", string(f))
	}
	return string(text), nil
}
