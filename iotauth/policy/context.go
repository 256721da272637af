package policy

// A Context gives condition keys, which are policy variables too, their values. A key that
// is missing, or has no value, is absent. Case does not matter, except in the name of a
// thing's attribute; two keys that differ in case only are an error of the caller, and one
// of them wins.
type Context map[string][]string

// get finds a key in whatever case.
func (c Context) get(key string) ([]string, bool) {
	if list, ok := c[key]; ok {
		return list, true
	}
	folded := foldKey(key)
	for k, list := range c {
		if foldKey(k) == folded {
			return list, true
		}
	}
	return nil, false
}

// set replaces a key in whatever case.
func (c Context) set(key string, list []string) {
	folded := foldKey(key)
	for k := range c {
		if foldKey(k) == folded {
			delete(c, k)
		}
	}
	c[key] = list
}

// A Request asks for a decision.
type Request struct {
	Action   Action
	Resource string // an ARN: arn:aws:iot:us-east-1:123456789012:topic/a/b; or "*"
	Context  Context
}

// values is a context with folded keys.
type values struct {
	byKey map[string][]string
	next  *values // for keys that byKey lacks, may be nil
}

func newValues(c Context) *values {
	v := &values{byKey: make(map[string][]string, len(c))}
	for key, list := range c {
		if len(list) > 0 {
			v.byKey[foldKey(key)] = list
		}
	}
	return v
}

// get returns the values of a folded key, none when it is absent.
func (v *values) get(key string) []string {
	list := v.byKey[key]
	if list == nil && v.next != nil {
		return v.next.get(key)
	}
	return list
}

// variable is the value that is substituted for a folded key. A key with several values
// is no variable.
func (v *values) variable(key string) (string, bool) {
	list := v.get(key)
	if len(list) != 1 || !substitutable(list[0]) {
		return "", false
	}
	return list[0], true
}

// thingGroups reports whether policies of the thing's groups apply: when the client ID is
// the name of the thing.
func (v *values) thingGroups() bool {
	client, ok := v.variable(foldKey(KeyClientID))
	thing, attached := v.variable(foldKey(KeyThingName))
	return ok && attached && client == thing
}
