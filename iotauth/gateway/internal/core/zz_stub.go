package core

func (l Limits) WithDefaults() Limits { return l }
