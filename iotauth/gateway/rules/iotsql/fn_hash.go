package iotsql

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
)

// hashFunctions are digests of a string's UTF-8, in lower-case hexadecimal.
var hashFunctions = []function{
	{name: "md5", least: 1, most: 1, call: digest(func(b []byte) []byte { d := md5.Sum(b); return d[:] })},
	{name: "sha1", least: 1, most: 1, call: digest(func(b []byte) []byte { d := sha1.Sum(b); return d[:] })},
	{name: "sha224", least: 1, most: 1, call: digest(func(b []byte) []byte { d := sha256.Sum224(b); return d[:] })},
	{name: "sha256", least: 1, most: 1, call: digest(func(b []byte) []byte { d := sha256.Sum256(b); return d[:] })},
	{name: "sha384", least: 1, most: 1, call: digest(func(b []byte) []byte { d := sha512.Sum384(b); return d[:] })},
	{name: "sha512", least: 1, most: 1, call: digest(func(b []byte) []byte { d := sha512.Sum512(b); return d[:] })},
}

func digest(sum func([]byte) []byte) func(*env, *call, []Value) Value {
	return ofTexts(func(_ *env, s []string) Value { return str(hex.EncodeToString(sum([]byte(s[0])))) })
}
