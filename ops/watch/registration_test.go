package watch_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	asteriskconf "glennline/asterisk-conf"
	"glennline/asterisk-conf/pbx"
	"glennline/ops/watch"
)

// Each change of a registration is told once, with what is known of it.
func TestRegistrations(t *testing.T) {
	b, told := board(t)
	now := time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)
	b.Now = func() time.Time { return now }
	carrier := asteriskconf.Trunk{Name: "carrier", Server: "sip.example.org", Transport: "udp", Register: asteriskconf.Registration{User: "3225550100"}}
	other := carrier
	other.Name, other.Register.User = "other", "3225550101"
	b.Registering = []asteriskconf.Trunk{carrier, other}
	asked := func(section string, status pbx.RegistrationStatus, next time.Duration) {
		now = now.Add(time.Second)
		b.Registrations(now, []pbx.Registration{{Section: "none-of-ours", Status: pbx.Registered}, {Section: section, Status: status, Next: next}})
	}
	failed := func(trunk asteriskconf.Trunk, status int, again time.Duration) {
		now = now.Add(time.Second)
		b.RegistrationFailed(pbx.RegistrationFailure{Server: trunk.URI(), Client: trunk.ClientURI(), Status: status, Again: again})
	}
	line := func(trunk string, status pbx.RegistrationStatus, code int, why string) watch.Call {
		return watch.Call{Trunk: trunk, Source: "sip.example.org", Registration: status, Status: code, Why: why}
	}
	for _, step := range []struct {
		name string
		do   func()
		want []watch.Call
	}{
		{"how it stands", func() { asked("carrier", pbx.Unregistered, 0) }, []watch.Call{line("carrier", "unregistered", 0, "not registered: the first answer is awaited")}},
		{"refused", func() { failed(carrier, 401, 20*time.Second) }, []watch.Call{line("carrier", "rejected", 401, "registration: its user or password is not right, tried again in 20s")}},
		{"which is seen too", func() { asked("carrier", pbx.Rejected, 19*time.Second) }, nil},
		{"refused again", func() { failed(carrier, 401, 20*time.Second) }, nil},
		{"forbidden", func() { failed(carrier, 403, 5*time.Minute) }, []watch.Call{line("carrier", "rejected", 403, "registration: the carrier forbids it, tried again in 5m")}},
		{"not answered", func() { failed(carrier, 0, 20*time.Second) }, []watch.Call{line("carrier", "rejected", 0, "registration not answered, tried again in 20s")}},
		{"given up", func() { failed(carrier, 503, 0) }, []watch.Call{line("carrier", "rejected", 503, "registration")}},
		{"an answer from before", func() {
			b.Registrations(now.Add(-time.Second), []pbx.Registration{{Section: "carrier", Status: pbx.Registered}})
		}, nil},
		{"registered", func() { asked("carrier", pbx.Registered, 95*time.Second) }, []watch.Call{line("carrier", "registered", 0, "registered, renewed in 1m35s")}},
		{"renewed", func() { asked("carrier", pbx.Registered, 99*time.Second) }, nil},
		{"of a fragment", func() { asked("glennline-other", pbx.Registered, time.Minute) }, []watch.Call{line("other", "registered", 0, "registered, renewed in 1m")}},
		{"refused, and not yet why", func() { asked("other", pbx.Rejected, time.Minute) }, nil},
		{"nor later", func() { asked("other", pbx.Rejected, time.Minute) }, []watch.Call{line("other", "rejected", 0, "not registered: refused, or not answered, tried again in 1m")}},
		{"why", func() { failed(other, 404, time.Minute) }, []watch.Call{line("other", "rejected", 404, "registration, tried again in 1m")}},
		{"of somebody else", func() { failed(asteriskconf.Trunk{Server: "x"}, 404, time.Minute) }, nil},
	} {
		*told = nil
		step.do()
		if d := cmp.Diff(step.want, *told, cmpopts.IgnoreFields(watch.Call{}, "At"), cmpopts.EquateEmpty()); d != "" {
			t.Errorf("%s: %s", step.name, d)
		}
	}
}
