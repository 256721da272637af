package sigv4

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrShared is in the errors of [ReadShared] for what a file lacks or has wrong. The line
// number is told, the text is not: it may be a secret.
var ErrShared = errors.New("sigv4: bad shared credentials file")

// ReadShared reads the shared credentials file of the AWS tools: an INI file with
// aws_access_key_id, aws_secret_access_key and, for a session, aws_session_token in each
// profile. Every profile's key is in the answer. Other settings are passed over.
//
// Errors: [ErrShared] for a line that is neither a profile, a setting nor a comment, for a
// profile with half a key, for two profiles with one key id and different secrets, and for
// a file without any key; and what r says.
func ReadShared(r io.Reader) (Static, error) {
	keys := Static{}
	var p profile
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		name, value, isSetting := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[' && strings.HasSuffix(line, "]"):
			if err := p.addTo(keys); err != nil {
				return nil, err
			}
			p = profile{name: strings.TrimSpace(line[1 : len(line)-1])}
		case isSetting:
			p.set(strings.TrimSpace(name), strings.TrimSpace(value))
		default:
			return nil, fmt.Errorf("%w: line %d is no setting", ErrShared, n)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("sigv4: read shared credentials: %w", err)
	}
	if err := p.addTo(keys); err != nil {
		return nil, err
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%w: no profile has a key", ErrShared)
	}
	return keys, nil
}

// profile is one section while it is read.
type profile struct{ name, id, secret, token string }

func (p *profile) set(name, value string) {
	switch strings.ToLower(name) {
	case "aws_access_key_id":
		p.id = value
	case "aws_secret_access_key":
		p.secret = value
	case "aws_session_token":
		p.token = value
	}
}

func (p *profile) addTo(keys Static) error {
	c := Credentials{SecretAccessKey: Secret(p.secret), SessionToken: Secret(p.token)}
	known, exists := keys[p.id]
	switch {
	case p.id == "" && p.secret == "":
		return nil // it gets its credentials in another way
	case p.id == "" || p.secret == "":
		return fmt.Errorf("%w: profile %q has half a key", ErrShared, p.name)
	case exists && known != c:
		return fmt.Errorf("%w: profile %q has the key id of another profile and another secret", ErrShared, p.name)
	}
	keys[p.id] = c
	return nil
}
