package backup

import (
	"testing"
	"time"
)

// Lately lets recordings be older than they are, until the end of the test.
func Lately(t *testing.T, d time.Duration) {
	was := lately
	lately = d
	t.Cleanup(func() { lately = was })
}
