package callid_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"glennline/petition/callid"
)

var fallback = time.Date(2030, 1, 2, 3, 4, 5, 678e6, time.UTC)

func TestDeriveTakesItsTimeFromTheUniqueID(t *testing.T) {
	second := time.Unix(1763814000, 0).UTC()
	tests := map[string]struct {
		uniqueID string
		want     time.Time
	}{
		"bare":                       {"1763814000.12", second},
		"with a system's name":       {"pbx-1763814000.12", second},
		"name with dashes and dots":  {"pbx-1.2-be-1763814000.12", second},
		"name that looks like an id": {"1500000000.1-1763814000.12", second},
		"epoch":                      {"0.0", time.Unix(0, 0).UTC()},
		"empty":                      {"", fallback},
		"no counter":                 {"1763814000", fallback},
		"empty counter":              {"1763814000.", fallback},
		"letters":                    {"17638x4000.12", fallback},
		"letters in the counter":     {"1763814000.1a", fallback},
		"signed":                     {"+1763814000.12", fallback},
		"two dots":                   {"1763814000.12.3", fallback},
		"a dash at the end":          {"pbx-", fallback},
		"past what a ULID holds":     {"281474976711.1", fallback},
		"past 64 bits":               {"99999999999999999999.1", fallback},
		"a local channel's half":     {"1763814000.12;2", fallback},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			id, err := ulid.ParseStrict(callid.Derive("pbx", tt.uniqueID, fallback))
			if err != nil {
				t.Fatal(err)
			}
			if got := id.Timestamp().UTC(); !got.Equal(tt.want) {
				t.Errorf("time = %v, want %v", got, tt.want)
			}
		})
	}
}

// An id that was written to a row must be found again by every later version.
func TestDeriveNeverChanges(t *testing.T) {
	const want = "01KANR3HC0A6M76HXRYYJZ0R8R"
	if got := callid.Derive("pbx", "pbx-1763814000.12", fallback); got != want {
		t.Errorf("Derive = %s, want %s", got, want)
	}
}

func TestDeriveHashesSystemAndUniqueID(t *testing.T) {
	sum := sha256.Sum256([]byte("glennline call\x00pbx\x001763814000.12"))
	id := ulid.MustParseStrict(callid.Derive("pbx", "1763814000.12", time.Time{}))
	if got := id.Entropy(); string(got) != string(sum[:10]) {
		t.Errorf("entropy = %x, want %x", got, sum[:10])
	}
}

func TestDeriveTellsCallsApart(t *testing.T) {
	seen := map[string]string{}
	for _, system := range []string{"", "a", "b"} {
		for _, uniqueID := range []string{"1763814000.1", "1763814000.2", "1763814001.1", "a-1763814000.1", "x", ""} {
			id := callid.Derive(system, uniqueID, fallback)
			if other, ok := seen[id]; ok {
				t.Errorf("%q %q has the id of %s", system, uniqueID, other)
			}
			seen[id] = system + " " + uniqueID
		}
	}
}

func TestDeriveClampsAFallbackThatNoULIDHolds(t *testing.T) {
	for _, at := range []time.Time{{}, time.Unix(-1, 0), time.Unix(1<<50, 0)} {
		if _, err := ulid.ParseStrict(callid.Derive("pbx", "", at)); err != nil {
			t.Errorf("fallback %v: %v", at, err)
		}
	}
}

func FuzzDerive(f *testing.F) {
	f.Add("pbx", "pbx-1763814000.12", int64(1763814000123))
	f.Add("", "", int64(-1))
	f.Add("a-b", "a-b-281474976710.0", int64(1<<62))
	f.Fuzz(func(t *testing.T, system, uniqueID string, ms int64) {
		at := time.UnixMilli(ms)
		id := callid.Derive(system, uniqueID, at)
		if _, err := ulid.ParseStrict(id); err != nil {
			t.Fatalf("%q: %v", id, err)
		}
		if again := callid.Derive(system, uniqueID, at); again != id {
			t.Fatalf("%q, then %q", id, again)
		}
	})
}
