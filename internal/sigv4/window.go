package sigv4

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// stamp is ISO 8601's basic format, in UTC.
const stamp = "20060102T150405Z"

// maxExpires is the longest life of a presigned request: a week
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html).
const maxExpires = 604_800 * time.Second

// parseDate reads X-Amz-Date, or the Date header, which may have HTTP's form too.
func parseDate(s string) (time.Time, error) {
	if t, err := time.Parse(stamp, s); err == nil && t.Format(stamp) == s { // Parse lets fractions pass
		return t, nil
	}
	if t, err := http.ParseTime(s); err == nil {
		return t.UTC(), nil
	}
	return time.Time{}, incomplete("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", shorten(s))
}

// lifetime is how long a signature holds after its date.
func (c *claim) lifetime(skew time.Duration) (time.Duration, error) {
	if c.expires == "" {
		return skew, nil
	}
	seconds, err := strconv.ParseInt(c.expires, 10, 64)
	switch {
	case err != nil:
		return 0, incomplete("X-Amz-Expires should be a number")
	case seconds < 1:
		return 0, incomplete("X-Amz-Expires must be non-negative")
	case seconds > int64(maxExpires/time.Second):
		return 0, incomplete("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
	}
	return time.Duration(seconds) * time.Second, nil
}

// current reports whether a signature of the time at holds now.
func (v *Verifier) current(c *claim, at time.Time) error {
	life, err := c.lifetime(v.options.Skew)
	if err != nil {
		return err
	}
	now := v.options.Clock().UTC()
	if earliest := now.Add(-life).Truncate(time.Second); at.Before(earliest) {
		return invalid("Signature expired: %s is now earlier than %s (%s - %s)", at.Format(stamp), earliest.Format(stamp), now.Format(stamp), inWords(life))
	}
	if latest := now.Add(v.options.Skew).Truncate(time.Second); at.After(latest) {
		return invalid("Signature not yet current: %s is still later than %s (%s + %s)", at.Format(stamp), latest.Format(stamp), now.Format(stamp), inWords(v.options.Skew))
	}
	return nil
}

func inWords(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min.", d/time.Minute)
	}
	return fmt.Sprintf("%d sec.", d/time.Second)
}

// shorten keeps client text in messages to a size that fits a log line.
func shorten(s string) string {
	const limit = 100
	if len(s) <= limit {
		return s
	}
	return s[:limit] + "..."
}
