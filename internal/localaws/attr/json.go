package attr

// DecodeItem reads a JSON object of attribute values, such as
// {"pk":{"S":"a"},"n":{"N":"1"}}. data must hold nothing else but white space.
// JSON null decodes to a nil Item.
//
// The error is a [*SerializationError] where the JSON has the wrong shape, else
// a [*ValidationError] for the first value that DynamoDB refuses. A shape error
// anywhere wins over every validation error, because DynamoDB parses the whole
// body first: a server that meets a SerializationError answers it at once, and
// keeps a ValidationError until the checks that come before it have passed.
func DecodeItem(data []byte) (Item, error) { panic("todo") }

// DecodeValue reads one attribute value, such as {"S":"a"}. Errors are those of
// [DecodeItem].
func DecodeValue(data []byte) (Value, error) { panic("todo") }

// AppendJSON appends the wire form of v to dst. Map keys are sorted, so that
// equal values have equal bytes.
func AppendJSON(dst []byte, v Value) []byte { panic("todo") }

// AppendItemJSON appends the wire form of item, {} for nil.
func AppendItemJSON(dst []byte, item Item) []byte { panic("todo") }

// MarshalJSON returns [AppendJSON].
func (v Value) MarshalJSON() ([]byte, error) { return AppendJSON(nil, v), nil }

// UnmarshalJSON is [DecodeValue].
func (v *Value) UnmarshalJSON(data []byte) (err error) {
	*v, err = DecodeValue(data)
	return err
}

// MarshalJSON returns [AppendItemJSON].
func (it Item) MarshalJSON() ([]byte, error) { return AppendItemJSON(nil, it), nil }

// UnmarshalJSON is [DecodeItem].
func (it *Item) UnmarshalJSON(data []byte) (err error) {
	*it, err = DecodeItem(data)
	return err
}
