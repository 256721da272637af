package main

import (
	"os"

	"github.com/schollz/progressbar/v3"
)

// bar returns a progress bar of total items, which is seen on terminals only. A total of
// -1 is unknown.
func (p *program) bar(total int, what string) *progressbar.ProgressBar {
	visible := false
	if f, ok := p.stderr.(*os.File); ok {
		info, err := f.Stat()
		visible = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return progressbar.NewOptions(total,
		progressbar.OptionSetWriter(p.stderr), progressbar.OptionSetVisibility(visible),
		progressbar.OptionSetDescription(what), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
}
