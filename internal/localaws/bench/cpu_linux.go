package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// processorTime is what this process and the one with the given id, unless it is 0, have
// used of the processor so far, to 10 ms.
func processorTime(pid int) time.Duration {
	total := usedBy("self")
	if pid != 0 {
		total += usedBy(strconv.Itoa(pid))
	}
	return total
}

// usedBy reads utime and stime of proc(5), in hundredths of a second.
func usedBy(process string) time.Duration {
	stat, err := os.ReadFile("/proc/" + process + "/stat")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // behind the program's name
	fields := bytes.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	var user, system int64
	if _, err := fmt.Sscan(string(fields[11])+" "+string(fields[12]), &user, &system); err != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}
