package dynamodb

import (
	"sync"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// scratch are items that updates change, each until it is packed.
var scratch = sync.Pool{New: func() any { return attr.Item{} }}

// maxScratch is the number of attributes of the largest that is kept.
const maxScratch = 64

func takeItem() attr.Item { return scratch.Get().(attr.Item) }

func giveItem(item attr.Item) {
	if len(item) <= maxScratch {
		clear(item)
		scratch.Put(item)
	}
}
