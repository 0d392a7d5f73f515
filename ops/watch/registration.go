package watch

import (
	"slices"
	"strings"
	"time"

	asteriskconf "glennline/asterisk-conf"
	"glennline/asterisk-conf/pbx"
)

// standing is what was told of a trunk's registration.
type standing struct {
	status  pbx.RegistrationStatus // "" before anything was told
	code    int                    // of the answer, where it was rejected
	failed  time.Time              // when the log told so last
	unclear bool                   // rejected, and the log has not told yet why
}

// Registrations takes how all of them stand, as asked at a moment, and tells what
// has changed.
func (b *Board) Registrations(asked time.Time, all []pbx.Registration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range all {
		i := slices.IndexFunc(b.Registering, func(t asteriskconf.Trunk) bool {
			return r.Section == asteriskconf.SectionOf(t.Name, false) || r.Section == asteriskconf.SectionOf(t.Name, true)
		})
		if i < 0 {
			continue
		}
		trunk := b.Registering[i]
		was := b.registered[trunk.Name]
		switch {
		case r.Status == was.status || asked.Before(was.failed):
		case r.Status == pbx.Rejected && !was.unclear: // the log is about to tell why
			was.unclear = true
			b.stands(trunk, was)
		case r.Status == pbx.Rejected:
			b.changed(trunk, standing{status: r.Status}, "not registered: refused, or not answered"+again(r.Next))
		case r.Status == pbx.Registered:
			b.changed(trunk, standing{status: r.Status}, "registered, renewed in "+span(r.Next))
		case r.Status == pbx.Unregistered:
			b.changed(trunk, standing{status: r.Status}, "not registered: the first answer is awaited")
		default: // Asterisk is about to end, or was told to stop
			b.changed(trunk, standing{status: r.Status}, "not registered any more: "+string(r.Status))
		}
	}
}

// RegistrationFailed takes an attempt that failed. It is told of where the one
// before did not fail in the same way.
func (b *Board) RegistrationFailed(f pbx.RegistrationFailure) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.Registering, func(t asteriskconf.Trunk) bool { return t.ClientURI() == f.Client && t.URI() == f.Server })
	if i < 0 {
		return
	}
	trunk := b.Registering[i]
	was := b.registered[trunk.Name]
	now := standing{status: pbx.Rejected, code: f.Status, failed: b.Now()}
	if was.status == pbx.Rejected && was.code == f.Status && !was.failed.IsZero() {
		b.stands(trunk, now)
		return
	}
	why := "registration not answered"
	switch f.Status {
	case 0:
	case 401, 407:
		why = "registration: its user or password is not right"
	case 403:
		why = "registration: the carrier forbids it"
	default:
		why = "registration"
	}
	b.changed(trunk, now, why+again(f.Again))
}

func again(in time.Duration) string {
	if in <= 0 {
		return ""
	}
	return ", tried again in " + span(in)
}

// span writes 5m for 5m0s.
func span(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}

// changed tells of a trunk. The lock is held.
func (b *Board) changed(trunk asteriskconf.Trunk, now standing, why string) {
	b.stands(trunk, now)
	if b.over {
		return
	}
	b.Tell(Call{At: b.Now(), Trunk: trunk.Name, Source: trunk.Server, Status: now.code, Why: why, Registration: now.status})
}

func (b *Board) stands(trunk asteriskconf.Trunk, now standing) {
	if b.registered == nil {
		b.registered = make(map[string]standing)
	}
	b.registered[trunk.Name] = now
}
