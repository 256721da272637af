package firmware

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/foreign"
)

// TestAgreesOnRISCV compares the header with package topic where it is meant to run: on a
// 32-bit RISC-V without operating system, which QEMU emulates.
func TestAgreesOnRISCV(t *testing.T) {
	if !slow() {
		t.Skip("ASKAROUND_SLOW=1 runs the header in an emulator")
	}
	compare(t, emulatedAgree(t), 2_000)
}

// emulatedAgree links the oracle with picolibc, whose input and output go through QEMU's
// semihosting. Semihosting has a standard output, but its standard input loses
// characters, so the questions are in a file.
func emulatedAgree(t *testing.T) oracle {
	t.Helper()
	riscv.need(t)
	qemu := foreign.Need(t, "qemu-system-riscv32")
	folder := t.TempDir()
	// The C compiler links no C++ library, which bare metal does not have.
	linker := riscv
	linker.program = strings.Replace(riscv.program, "g++", "gcc", 1)
	const flags = "-std=c++11 -Os -fno-exceptions -fno-rtti --crt0=semihost --oslib=semihost " +
		"-Wl,--defsym=__flash=0x80000000 -Wl,--defsym=__flash_size=0x200000 " + // memory of the machine "virt"
		"-Wl,--defsym=__ram=0x80200000 -Wl,--defsym=__ram_size=0x200000 " +
		`-DQUESTIONS="questions" testdata/agree.cpp testdata/everything.cpp -o`
	if says, err := linker.compile(t, append(strings.Fields(flags), filepath.Join(folder, "agree.elf"))...); err != nil {
		t.Fatalf("%v\n%s", err, says)
	}
	return func(t *testing.T, questions ...string) []string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, "questions"), []byte(strings.Join(questions, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		const machine = "-M virt -bios none -display none -monitor none -serial none " +
			"-chardev stdio,id=out,signal=off -semihosting-config enable=on,target=native,chardev=out -kernel agree.elf"
		return lines(run(t, "", folder, qemu, strings.Fields(machine)...))
	}
}
