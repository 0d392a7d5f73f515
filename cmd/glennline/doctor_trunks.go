package main

import (
	"context"
	"fmt"
	"time"

	"glennline/asterisk-conf/pbx"
	"glennline/config"
	"glennline/ops/doctor"
)

// optionsWithin is how long a carrier may take to answer OPTIONS.
const optionsWithin = 3 * time.Second

// trunks looks at whether carriers know us, or live. own is whether Asterisk is
// ours, and can be asked for its registrations.
func (x *examination) trunks(ctx context.Context, own bool) {
	var registrations []pbx.Registration
	var unknown error
	if own {
		ask, cancel := context.WithTimeout(ctx, healthTimeout)
		defer cancel()
		registrations, unknown = pbx.Registrations(ask, pbx.ControlSocket(x.dir.Asterisk()))
	}
	for _, trunk := range x.file.Trunks {
		name := "trunk " + trunk.Name
		switch {
		case trunk.Type == config.TrunkRegister && own && unknown != nil:
			x.report.Add(doctor.Bad(name, oneLine(unknown), "run doctor as the user that runs glennline"))
		case trunk.Type == config.TrunkRegister && own:
			x.report.Add(registered(name, trunk, registrations))
		case trunk.Server != "":
			x.report.Add(x.options(ctx, name, trunk))
		default:
			x.report.Add(doctor.Good(name, "known by its addresses alone; with trunks[].server it would be asked by OPTIONS"))
		}
	}
}

func registered(name string, trunk config.Trunk, all []pbx.Registration) doctor.Check {
	const do = "see glennline's log for the carrier's answer; look at user and password_file, and whether the firewall lets REGISTER out"
	for _, r := range all {
		switch {
		case r.Section != trunk.Name:
			continue
		case r.Status == pbx.Registered:
			return doctor.Good(name, fmt.Sprintf("registered with %s, renewed in %s", trunk.Server, r.Next))
		}
		return doctor.Bad(name, fmt.Sprintf("%s at %s; tried again in %s", r.Status, trunk.Server, r.Next), do)
	}
	return doctor.Bad(name, "Asterisk does not know it", "start the line anew: the configuration has changed since")
}

func (x *examination) options(ctx context.Context, name string, trunk config.Trunk) doctor.Check {
	peer, status, err := askCarrier(ctx, x.file, trunk)
	if err != nil {
		return doctor.Bad(name, fmt.Sprintf("no answer to OPTIONS from %s over %s: %s", peer.Address, peer.Transport, oneLine(err)),
			"ask the carrier whether it answers OPTIONS; look at trunks[].server and the firewall")
	}
	return doctor.Good(name, fmt.Sprintf("%s answers OPTIONS: %s", peer.Address, printable(status)))
}
