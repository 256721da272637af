package attr

// AppendKey appends the key bytes of v, an S, N or B, to dst. For two values of
// one type bytes.Compare of their key bytes is DynamoDB's order. No value's key
// bytes are a prefix of another's (of the same type), so that the key bytes of
// several columns can be appended to each other and still sort column by column.
// AppendKey panics for other types: check [Type.IsKey] first.
func AppendKey(dst []byte, v Value) []byte { panic("todo") }

// AppendKeyPrefix appends the bytes with which the key bytes of exactly those
// values begin that begin with prefix, an S or B.
func AppendKeyPrefix(dst []byte, prefix Value) []byte { panic("todo") }

// Successor returns the smallest byte string that is greater than every string
// that begins with key, or nil where there is none. It returns a new slice.
func Successor(key []byte) []byte { panic("todo") }
