package main

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"glennline/ari"
	asteriskconf "glennline/asterisk-conf"
	"glennline/asterisk-conf/pbx"
	"glennline/ops/doctor"
)

// own is the Asterisk that was started in the data folder; false where none was.
func (x *examination) own() (asteriskconf.Config, bool) {
	running, err := pbx.Running(x.dir.Asterisk())
	return running, err == nil
}

// foreign is whether the Asterisk is one that glennline did not start.
func (x *examination) foreign() bool {
	_, own := x.own()
	return !own && x.file.ARI.PasswordFile != ""
}

// asterisk looks at the Asterisk at hand, or at whether one could be started.
func (x *examination) asterisk(ctx context.Context) {
	const name, gone = "asterisk", "start the line ('glennline up', or its units), and see its log"
	running, own := x.own()
	edge, err := asteriskAtHand(x.file)
	if err != nil {
		x.report.Add(doctor.Bad(name, oneLine(err), gone))
		x.startable(ctx)
		return
	}
	client, err := ari.New(edge)
	if err != nil {
		x.report.Add(doctor.Bad(name, oneLine(err), "correct ari.url"))
		return
	}
	defer client.Close()
	ask, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	info, err := client.Info(ask)
	if err != nil {
		x.report.Add(doctor.Bad(name, "does not answer at "+edge.URL+": "+oneLine(err), gone))
		return
	}
	x.report.Add(doctor.Good(name, "version "+info.Version+" answers at "+edge.URL))
	x.state(ctx)
	x.private(edge.URL)
	asked := time.Now()
	epoch, err := client.Global(ask, "EPOCH")
	if err != nil {
		epoch = oneLine(err)
	}
	x.report.Add(doctor.Clocks("clock", epoch, asked, time.Now()))
	x.modules(ask, client, running, own)
	if own {
		x.report.Add(doctor.OpenFiles("open files", x.pid(), running.MaxFiles),
			doctor.Good("ports", fmt.Sprintf("Asterisk has SIP at %s, and UDP %d to %d for %s", sipPorts(running.SIP), running.RTP.From, running.RTP.To, several((running.RTP.To-running.RTP.From+1)/2, "call"))))
	}
	x.trunks(ctx, own)
}

// sipPorts is what SIP is listened at, as in "UDP 5060, TLS 5061".
func sipPorts(s asteriskconf.SIP) string {
	var all []string
	for transport := range strings.SplitSeq(s.Transport, ",") {
		port := s.Port
		if transport == "tls" {
			port = s.TLS.Port
		}
		all = append(all, fmt.Sprintf("%s %d", strings.ToUpper(transport), port))
	}
	return strings.Join(all, ", ")
}

// state asks what the dialplan asks for every call.
func (x *examination) state(ctx context.Context) {
	var says strings.Builder
	if err := runHealth(ctx, x.file, &says); err != nil {
		x.report.Add(doctor.Bad("line", oneLine(err), "see glennline's log; callers are answered by the dialplan meanwhile, unless the disk is full"))
		return
	}
	x.report.Add(doctor.Good("line", "new calls are handed over: "+strings.TrimSpace(says.String())))
}

func (x *examination) private(address string) {
	u, err := url.Parse(address)
	if err != nil {
		return // refused before
	}
	port, err := strconv.Atoi(u.Port())
	if ip := net.ParseIP(u.Hostname()); err != nil || u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		x.report.Add(doctor.Warn("ari", fmt.Sprintf("%s is another machine, or open to others: its password passes the network", u.Host), "run glennline beside Asterisk, and let ARI listen on 127.0.0.1"))
		return
	}
	x.report.Add(doctor.Private("ari", port))
}

func (x *examination) modules(ctx context.Context, client *ari.Client, running asteriskconf.Config, own bool) {
	const name = "modules"
	wanted := running
	if !own {
		var err error
		if wanted, err = asteriskConfig(x.file, x.dir); err != nil {
			x.report.Add(doctor.Bad(name, oneLine(err), thenCheck))
			return
		}
	}
	loaded, err := client.Modules(ctx)
	if err != nil {
		x.report.Add(doctor.Bad(name, oneLine(err), "load res_ari_asterisk.so"))
		return
	}
	var missing []string
	files := wanted.ModuleFiles()
	for _, file := range files {
		if !loaded[file] {
			missing = append(missing, file)
		}
	}
	var codecs []string
	for _, trunk := range wanted.Trunks {
		for _, codec := range trunk.Codecs {
			if !slices.Contains(codecs, codec) {
				codecs = append(codecs, codec)
			}
		}
	}
	const load = "load them in modules.conf, and start Asterisk anew"
	switch {
	case len(missing) > 0 && own:
		x.report.Add(doctor.Bad(name, "not loaded: "+strings.Join(missing, ", "), load))
	case len(missing) > 0: // it may have others in their place
		x.report.Add(doctor.Warn(name, "ours would load these too: "+strings.Join(missing, ", "), load))
	default:
		x.report.Add(doctor.Good(name, fmt.Sprintf("all %d that are needed run", len(files))))
	}
	for _, codec := range codecs {
		if !loaded["codec_"+codec+".so"] {
			x.report.Add(doctor.Bad("codecs", codec+" is asked for, and not loaded", "load codec_"+codec+".so"))
			return
		}
	}
	x.report.Add(doctor.Good("codecs", strings.Join(codecs, ", ")))
}

// pid is that of our Asterisk, by its own word; 0 where it is not known.
func (x *examination) pid() int {
	content, err := os.ReadFile(filepath.Join(x.dir.Asterisk(), "run", "asterisk.pid"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		return 0
	}
	return pid
}

// startable looks at what up would need, where nothing runs.
func (x *examination) startable(ctx context.Context) {
	if x.file.ARI.PasswordFile != "" {
		return // not ours to start
	}
	opts, err := startable(ctx, x.file)
	if opts.Install.Version != "" {
		x.report.Add(doctor.Good("program", opts.Install.Binary+", version "+opts.Install.Version))
	}
	if err != nil {
		x.report.Add(faults("start", "the line cannot start before that is put right", err)...)
	}
	x.report.Add(
		doctor.OpenFiles("open files", 0, asteriskconf.Default().MaxFiles),
		doctor.Ports("ports", x.file.SIP.Host, x.file.RTP.From, x.file.RTP.To),
	)
}
