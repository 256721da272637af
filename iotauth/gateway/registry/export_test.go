package registry

import "slices"

// OperationNames are those of the control plane, sorted.
func OperationNames() []string {
	var names []string
	for _, op := range operations {
		names = append(names, op.name)
	}
	slices.Sort(names)
	return names
}
