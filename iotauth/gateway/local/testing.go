package local

import "context"

// TB is what [New] needs of a test.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Cleanup(func())
}

// New is [Start] for tests: the account is closed when the test ends.
func New(t TB, optFns ...func(*Options)) *Account {
	t.Helper()
	a, err := Start(optFns...)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTime)
		defer cancel()
		if err := a.Close(ctx); err != nil {
			t.Errorf("%v", err)
		}
	})
	return a
}
