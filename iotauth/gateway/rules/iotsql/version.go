package iotsql

import "fmt"

// A Version of the language. Versions are comparable: a later one is greater.
type Version uint8

const (
	// V2015 is "2015-10-08", which AWS IoT takes where a rule names no version. It has no
	// literals of arrays and objects, no nested queries and fewer functions, and keeps a
	// whole Decimal a Decimal.
	V2015 Version = iota
	// V2016 is "2016-03-23". A number that is whole, such as 10.0, is an Int in it.
	V2016
	// Beta is "beta", which is V2016 here.
	Beta
)

var versions = [...]string{V2015: "2015-10-08", V2016: "2016-03-23", Beta: "beta"}

// ParseVersion reads awsIotSqlVersion; "" is [V2015], as it is on AWS.
func ParseVersion(s string) (Version, error) {
	if s == "" {
		return V2015, nil
	}
	for v, name := range versions {
		if s == name {
			return Version(v), nil
		}
	}
	return 0, fmt.Errorf("iotsql: there is no SQL version %q: write %q or %q", s, versions[V2016], versions[V2015])
}

// String returns the version as a rule spells it.
func (v Version) String() string {
	if int(v) >= len(versions) {
		return fmt.Sprintf("Version(%d)", uint8(v))
	}
	return versions[v]
}
