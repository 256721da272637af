package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// state is how far a migration is, in a file of JSON.
type state struct {
	From, To string
	Begun    bool               // the new table was empty
	Items    int                // that were copied
	Start    map[string]keyPart // where copying goes on; none at the beginning
	Copied   bool               // all that was there
	Verified bool               // when nobody wrote any more

	name string
}

// keyPart is an attribute of a dynamodb-geo key.
type keyPart struct {
	S string `json:",omitempty"`
	N string `json:",omitempty"`
}

// openState reads a state file, or begins one.
func openState(name, from, to string) (*state, error) {
	s := &state{From: from, To: to, name: name}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("state file %s: %w", name, err)
	}
	if s.From != from || s.To != to {
		return nil, fmt.Errorf("state file %s is of the tables %s and %s", name, s.From, s.To)
	}
	return s, nil
}

// start is the key of the last item that was copied.
func (s *state) start() map[string]types.AttributeValue {
	if len(s.Start) == 0 {
		return nil
	}
	key := map[string]types.AttributeValue{}
	for name, part := range s.Start {
		if part.N != "" {
			key[name] = &types.AttributeValueMemberN{Value: part.N}
		} else {
			key[name] = &types.AttributeValueMemberS{Value: part.S}
		}
	}
	return key
}

// advance notes a page that was copied; next is nil behind the last.
func (s *state) advance(items int, next map[string]types.AttributeValue) error {
	s.Items += items
	s.Copied, s.Start = len(next) == 0, map[string]keyPart{}
	for name, v := range next {
		switch v := v.(type) {
		case *types.AttributeValueMemberN:
			s.Start[name] = keyPart{N: v.Value}
		case *types.AttributeValueMemberS:
			s.Start[name] = keyPart{S: v.Value}
		}
	}
	return s.save()
}

// save replaces the file in one step: whenever the program ends, there is the old one or
// the new one.
func (s *state) save() (err error) {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.Create(s.name + ".new")
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(s.name+".new", s.name)
}
