// Package doctor is what an engineer looks at before the first call and at
// night: the machine under the line, each thing as a Check with what was found
// and what to do. It changes nothing. What needs the configuration is wired
// in cmd, which asks the packages that own it.
package doctor

// State is how a check ended.
type State string

// The states, from the best to the worst.
const (
	OK      State = "ok"
	Warning State = "warning" // calls are taken, and somebody should look
	Fault   State = "fault"   // calls are not taken, or something can be lost
)

// Check is one thing that was looked at.
type Check struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	Found string `json:"found"`        // one line
	Do    string `json:"do,omitempty"` // one line; "" where there is nothing to do
}

// Good is a check that found nothing to do.
func Good(name, found string) Check { return Check{name, OK, found, ""} }

// Warn is a check that found something to look at.
func Warn(name, found, do string) Check { return Check{name, Warning, found, do} }

// Bad is a check that found a fault, or could not be made.
func Bad(name, found, do string) Check { return Check{name, Fault, found, do} }

// Report is all that was looked at.
type Report struct {
	State    State   `json:"state"` // the worst of all
	Warnings int     `json:"warnings"`
	Faults   int     `json:"faults"`
	Checks   []Check `json:"checks"`
}

// Add brings what a check found.
func (r *Report) Add(checks ...Check) {
	for _, c := range checks {
		switch c.State {
		case Warning:
			r.Warnings++
		case Fault:
			r.Faults++
		case OK:
		}
		r.Checks = append(r.Checks, c)
	}
	switch {
	case r.Faults > 0:
		r.State = Fault
	case r.Warnings > 0:
		r.State = Warning
	default:
		r.State = OK
	}
}
