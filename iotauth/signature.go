package iotauth

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
)

// maxSignatureText bounds what is looked at: a signature of which each character is
// percent-encoded, and line breaks.
const maxSignatureText = 4 * MaxSignature

// decodeSignature reads the forms in which signatures arrive: base64 of the standard
// and of the URL alphabet, padded or not, broken into lines (as openssl prints it), and
// percent-encoded. A space that is neither beside a line break nor behind the padding was
// a plus sign until a decoder of forms took it for an encoded space.
func decodeSignature(text string) ([]byte, error) {
	if len(text) > maxSignatureText {
		return nil, fmt.Errorf("%w: %d characters", ErrSignature, len(text))
	}
	if strings.Contains(text, "%") {
		decoded, err := url.PathUnescape(text)
		if err != nil {
			return nil, fmt.Errorf("%w: wrong percent-encoding", ErrSignature)
		}
		text = decoded
	}
	plain := canonicalBase64(text)
	if len(plain) == 0 || len(plain) > MaxSignature {
		return nil, fmt.Errorf("%w: %d characters, of 1 to %d", ErrSignature, len(plain), MaxSignature)
	}
	signature := make([]byte, base64.RawStdEncoding.DecodedLen(len(plain)))
	n, err := base64.RawStdEncoding.Decode(signature, plain)
	if err != nil {
		return nil, fmt.Errorf("%w: no base64", ErrSignature)
	}
	return signature[:n], nil
}

// canonicalBase64 returns text in the standard alphabet without breaks and padding.
func canonicalBase64(text string) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		if end := i + len(text[i:]) - len(strings.TrimLeft(text[i:], " \t\r\n")); end > i {
			padded := len(out) > 0 && out[len(out)-1] == '='
			if !padded && !strings.ContainsAny(text[i:end], "\r\n") {
				out = append(out, strings.ReplaceAll(text[i:end], " ", "+")...)
			}
			i = end
			continue
		}
		switch c := text[i]; c {
		case '-':
			out = append(out, '+')
		case '_':
			out = append(out, '/')
		default:
			out = append(out, c)
		}
		i++
	}
	for range 2 {
		if n := len(out); n > 0 && out[n-1] == '=' {
			out = out[:n-1]
		}
	}
	return out
}
