package firmware

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
)

// A compiler is one that firmware is built with.
type compiler struct {
	name    string // of the architecture
	program string
	flags   string
	library string // a file of its C library, "" where the compiler brings it
	size    string // the program that sizes its object files
}

var (
	host  = compiler{name: "x86-64 or the host's", program: "g++", size: "size"}
	riscv = compiler{
		name: "RISC-V rv32imc (ESP32-C3, C6)", program: "riscv64-unknown-elf-g++",
		flags:   "--specs=picolibc.specs -march=rv32imc -mabi=ilp32",
		library: "/usr/lib/picolibc/riscv64-unknown-elf/include/string.h",
		size:    "riscv64-unknown-elf-size",
	}
	compilers = []compiler{
		host,
		{
			name: "Xtensa LX106 (ESP8266)", program: "xtensa-lx106-elf-g++",
			flags:   "--specs=/usr/lib/xtensa-lx106-elf/picolibc.specs",
			library: "/usr/lib/xtensa-lx106-elf/picolibc.specs",
			size:    "xtensa-lx106-elf-size",
		},
		riscv,
		{
			name: "AVR (ATmega328P)", program: "avr-g++",
			flags:   "-mmcu=atmega328p",
			library: "/usr/lib/avr/include/string.h",
			size:    "avr-size",
		},
	}
)

// strict is how the header must compile without a warning.
const strict = "-std=c++11 -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror -fno-exceptions -fno-rtti"

// need skips the test where the compiler or its library is missing.
func (c compiler) need(t testing.TB) {
	t.Helper()
	foreign.Need(t, c.program)
	if c.library != "" {
		foreign.NeedFile(t, c.library)
	}
}

// needGNU skips the test where the host's g++ is another compiler by that name, whose
// messages and libraries differ.
func needGNU(t testing.TB) {
	t.Helper()
	host.need(t)
	version, err := exec.Command(host.program, "--version").Output()
	if err != nil || !strings.Contains(string(version), "Free Software Foundation") {
		t.Skipf("skipped: g++ is not GNU's: %s", version)
	}
}

// compile runs the compiler with its own flags and args, on the header's folder. It
// returns what the compiler says.
func (c compiler) compile(t testing.TB, args ...string) (says string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, c.program, append(strings.Fields(c.flags), append(args, "-Iinclude")...)...)
	command.Env = append(os.Environ(), "LC_ALL=C")
	out, err := command.CombinedOutput()
	return string(out), err
}

// object compiles source as flags say, and returns the object file.
func (c compiler) object(t testing.TB, source, flags string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.o")
	if says, err := c.compile(t, append(strings.Fields(strict+" "+flags), "-c", source, "-o", out)...); err != nil {
		t.Fatalf("%s %s: %v\n%s", c.program, source, err, says)
	}
	return out
}

// sanitizers are flags that make a program stop where it does what C++ leaves undefined. It
// takes long to compile them in, so that only the slow suite does.
func sanitizers() string {
	if slow() {
		return "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
	}
	return "-O0"
}

func slow() bool { return os.Getenv("ASKAROUND_SLOW") == "1" }
