package registry_test

// victim is the process that TestKill kills.
func victim(string) {}
