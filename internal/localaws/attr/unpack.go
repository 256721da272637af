package attr

import "encoding/base64"

// unpacker takes values from the front of data, which holds what was checked before:
// it looks for no damage.
type unpacker struct{ data string }

func (u *unpacker) byte() byte {
	b := u.data[0]
	u.data = u.data[1:]
	return b
}

func (u *unpacker) count() int {
	n, length := uvarint(u.data)
	u.data = u.data[length:]
	return int(n)
}

func (u *unpacker) bytes() string {
	n := u.count()
	s := u.data[:n]
	u.data = u.data[n:]
	return s
}

func (u *unpacker) number() Number {
	head := u.byte()
	size := int(head &^ binaryNegative)
	if size == 0 {
		return Number{}
	}
	var c u128
	for i := size - 1; i >= 0; i-- {
		c.hi, c.lo = c.hi<<8|c.lo>>56, c.lo<<8|uint64(u.data[i])
	}
	exp, length := varint(u.data[size:])
	u.data = u.data[size+length:]
	return Number{coef: c, exp: int16(exp), digits: uint8(c.digits()), neg: head&binaryNegative != 0}
}

func (u *unpacker) value() Value {
	v := Value{Type: Type(u.byte())}
	switch v.Type {
	case TypeS, TypeB, TypeN:
		return u.content(v.Type)
	case TypeBOOL:
		v.Bool = u.byte() == 1
	case TypeNULL:
		v.Bool = true
	case TypeM:
		v.M = u.item()
	case TypeL:
		v.L = make([]Value, u.count())
		for i := range v.L {
			v.L[i] = u.value()
		}
	default:
		v.Set = make([]Value, u.count())
		for i := range v.Set {
			v.Set[i] = u.content(v.Type.Member())
		}
	}
	return v
}

func (u *unpacker) item() Item {
	n := u.count()
	item := make(Item, n)
	for ; n > 0; n-- {
		name := u.bytes()
		item[name] = u.value()
	}
	return item
}

func (u *unpacker) content(t Type) Value {
	if t == TypeN {
		return Value{Type: t, N: u.number()}
	}
	return Value{Type: t, S: u.bytes()}
}

// skip drops a value.
func (u *unpacker) skip() {
	switch t := Type(u.byte()); t {
	case TypeS, TypeB, TypeN:
		u.skipContent(t)
	case TypeBOOL:
		u.byte()
	case TypeNULL:
	case TypeM:
		for n := u.count(); n > 0; n-- {
			u.bytes()
			u.skip()
		}
	case TypeL:
		for n := u.count(); n > 0; n-- {
			u.skip()
		}
	default:
		for n := u.count(); n > 0; n-- {
			u.skipContent(t.Member())
		}
	}
}

func (u *unpacker) skipContent(t Type) {
	if t != TypeN {
		u.bytes()
		return
	}
	if size := int(u.byte() &^ binaryNegative); size > 0 {
		_, length := uvarint(u.data[size:])
		u.data = u.data[size+length:]
	}
}

// size reads a value and returns its [Value.Size].
func (u *unpacker) size() int {
	switch t := Type(u.byte()); t {
	case TypeS, TypeB, TypeN:
		return u.contentSize(t)
	case TypeBOOL:
		u.byte()
		return sizeFlag
	case TypeNULL:
		return sizeFlag
	case TypeM:
		size := sizeContainer
		for n := u.count(); n > 0; n-- {
			size += sizeElement + len(u.bytes())
			size += u.size()
		}
		return size
	case TypeL:
		size := sizeContainer
		for n := u.count(); n > 0; n-- {
			size += sizeElement + u.size()
		}
		return size
	default:
		size := 0
		for n := u.count(); n > 0; n-- {
			size += u.contentSize(t.Member())
		}
		return size
	}
}

func (u *unpacker) contentSize(t Type) int {
	if t == TypeN {
		return u.number().Size()
	}
	return len(u.bytes())
}

// appendJSON reads a value and appends its wire form, that of [AppendJSON].
func (u *unpacker) appendJSON(dst []byte) []byte {
	t := Type(u.byte())
	dst = append(append(append(dst, '{', '"'), t.String()...), '"', ':')
	switch t {
	case TypeS, TypeN, TypeB:
		dst = u.appendScalar(dst, t)
	case TypeBOOL:
		dst = appendBool(dst, u.byte() == 1)
	case TypeNULL:
		dst = appendBool(dst, true)
	case TypeM:
		dst = u.appendMap(dst)
	case TypeL:
		dst = u.appendElements(dst, func(dst []byte) []byte { return u.appendJSON(dst) })
	default:
		dst = u.appendElements(dst, func(dst []byte) []byte { return u.appendScalar(dst, t.Member()) })
	}
	return append(dst, '}')
}

func (u *unpacker) appendScalar(dst []byte, t Type) []byte {
	switch t {
	case TypeN:
		return append(u.number().append(append(dst, '"')), '"')
	case TypeB:
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), []byte(u.bytes()))
		return append(dst, '"')
	}
	return AppendString(dst, u.bytes())
}

func (u *unpacker) appendMap(dst []byte) []byte {
	dst = append(dst, '{')
	for i, n := 0, u.count(); i < n; i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, u.bytes()), ':')
		dst = u.appendJSON(dst)
	}
	return append(dst, '}')
}

func (u *unpacker) appendElements(dst []byte, each func([]byte) []byte) []byte {
	dst = append(dst, '[')
	for i, n := 0, u.count(); i < n; i++ {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = each(dst)
	}
	return append(dst, ']')
}
