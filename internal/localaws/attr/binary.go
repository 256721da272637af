package attr

// AppendBinary appends the compact binary form of item to dst: deterministic,
// self-delimiting and made for storage, not for the wire.
func AppendBinary(dst []byte, item Item) []byte { panic("todo") }

// DecodeBinary reads one item from the front of data and returns the rest.
// Damaged input gives [ErrCorrupt]; what it allocates is bounded by len(data).
func DecodeBinary(data []byte) (item Item, rest []byte, err error) { panic("todo") }
