package attach

import "testing"

func TestForeignUserIsRefused(t *testing.T) {
	t.Parallel()
	if err := sameUser(1, 2); err == nil {
		t.Error("user 1 passed for user 2")
	}
	if err := sameUser(2, 2); err != nil {
		t.Error(err)
	}
}
