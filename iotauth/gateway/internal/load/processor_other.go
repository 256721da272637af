//go:build !linux

package main

import "time"

// processorTime is not known here.
func (b *broker) processorTime() (time.Duration, error) { return 0, nil }
