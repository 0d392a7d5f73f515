package seal

// State is what came of a check.
type State string

// The states.
const (
	Holds   State = "holds"
	Fails   State = "fails"
	Unknown State = "unknown" // could not be checked with what was given
	Note    State = "note"    // nothing to check, and to be known
)

// Check is one thing that was looked at, in plain words.
type Check struct {
	What  string `json:"check"` // published, signature, manifest, files, encryption, rows, recordings
	State State  `json:"state"`
	Text  string `json:"text"`
}

// Report is what a verification found.
type Report struct {
	Path     string         `json:"manifest"` // its path
	SHA256   string         `json:"manifest_sha256"`
	Anchored bool           `json:"anchored"` // a published hash or a given key shows whose it is
	Rows     int            `json:"rows"`     // counted; 0 where they could not be
	Totals   map[string]int `json:"totals"`   // counted
	Checks   []Check        `json:"checks"`
	Manifest *Manifest      `json:"says"` // what the manifest says; null where it cannot be read
}

// Holds is whether nothing that was checked failed.
func (r Report) Holds() bool {
	for _, c := range r.Checks {
		if c.State == Fails {
			return false
		}
	}
	return true
}

func (r *Report) add(what string, state State, text string) {
	r.Checks = append(r.Checks, Check{what, state, text})
}
