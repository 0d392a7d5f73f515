package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"glennline/asterisk-conf/pbx"
	"glennline/config"
	"glennline/ops/datadir"
	"glennline/petition/caller"
)

type trunkShowOptions struct {
	perMinute float64
	message   time.Duration
}

func newTrunkCommand(g *globals) *cobra.Command {
	return parent("trunk", "The trunks: what carriers need to know, and their calls as they come", newTrunkShowCommand(g), newTrunkWatchCommand(g))
}

func newTrunkShowCommand(g *globals) *cobra.Command {
	opts := trunkShowOptions{}
	cmd := &cobra.Command{
		Use:   "show [NAME]",
		Short: "What the engineer at the carrier needs to know",
		Long: `Prints, of each trunk or of the one named, what the engineer on the other side
needs: where to send calls and from where they are taken, how to write the dialled
number, codecs, audio ports, what is answered to OPTIONS; and rules for the
firewall on this side.

With --calls-per-minute: the channels, bandwidth and disk that so many calls take,
once for messages of --message, and once for callers who all speak as long as they
may. A call lasts as long as it rings, the prompts, and the message. Calls at once
are calls a minute times their length; channels follow from Erlang's loss formula
with one call in 1,000 refused; G.711 takes 87.2 kbit/s of Ethernet each way (91.2
encrypted), a recording 16 kB a second. On an evening on which all call at once
the formula is too kind: order towards the second column.

Exit codes: 0 printed; 2 wrong use or configuration.`,
		Example: "  glennline trunk show\n  glennline trunk show --calls-per-minute 600 --message 10s",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return oneArg("the name of a trunk")(cmd, args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			file, err := g.settings()
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("calls-per-minute") && (opts.perMinute <= 0 || opts.perMinute > 1e6) {
				return usage(fmt.Errorf("--calls-per-minute %g: give a number from 1 to 1000000", opts.perMinute))
			}
			if opts.message <= 0 || opts.message > 10*time.Minute {
				return usage(fmt.Errorf("--message %s: give a time such as 10s", opts.message))
			}
			return runTrunkShow(cmd.Context(), cmd.OutOrStdout(), file, args, opts)
		},
	}
	cmd.Flags().Float64Var(&opts.perMinute, "calls-per-minute", 0, "reckon what so `many` calls take")
	cmd.Flags().DurationVar(&opts.message, "message", 15*time.Second, "length of a message, for --calls-per-minute")
	return cmd
}

func runTrunkShow(ctx context.Context, out io.Writer, file config.File, names []string, opts trunkShowOptions) error {
	trunks, err := trunksOf(file)
	if err != nil {
		return err
	}
	registered := registrations(ctx, file)
	if len(names) > 0 {
		i := slices.IndexFunc(trunks, func(t config.Trunk) bool { return t.Name == names[0] })
		if i < 0 {
			return usage(fmt.Errorf("there is no trunk %q: the configuration has %s", names[0], trunkNames(trunks)))
		}
		trunks = trunks[i : i+1]
	}
	for _, t := range trunks {
		showTrunk(out, file, t, registered)
	}
	showFirewall(out, file, trunks)
	if opts.perMinute > 0 {
		return showTraffic(out, file, trunks, opts)
	}
	_, err = fmt.Fprint(out)
	return err
}

func trunkNames(trunks []config.Trunk) string {
	var names []string
	for _, t := range trunks {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

// showTrunk prints one trunk; registered is how the registrations stand, nil
// where nobody can tell.
func showTrunk(out io.Writer, file config.File, t config.Trunk, registered map[string]pbx.Registration) {
	title := "Trunk " + t.Name
	if t.Preset != "" {
		title += " (preset " + t.Preset + ")"
	}
	fmt.Fprintln(out, title)
	row := func(label, text string) { fmt.Fprintf(out, "  %-16s %s\n", label, text) }
	transport := strings.ToUpper(file.TransportOf(t))
	host, public := publicHost(file.SIP)
	if t.Type == config.TrunkRegister {
		row("registration", fmt.Sprintf("of %s with %s over %s, for %s at a time, tried again without end", t.User, t.Server, transport, plain(t.Expires)))
		if state, known := registered[t.Name]; known {
			row("", registrationState(state))
		}
		row("calls to", "the Contact of the registration, with its parameters, over "+transport)
	} else {
		row("calls to", signallingURI(file, t, host)+" over "+transport)
	}
	if !public {
		row("", "an address of this machine or its network: where the carrier sends to another one, set sip.public_address")
	}
	if len(t.Addresses) > 0 {
		row("calls from", strings.Join(t.Addresses, ", "))
	}
	row("from elsewhere", "401")
	row("dialled number", fmt.Sprintf("%s, %s", placesOf(file.SourcesOf(t)), writtenAs(t)))
	row("our numbers", strings.Join(numbersFor(file, t), ", "))
	row("caller's number", "P-Asserted-Identity, else From; Privacy: id withholds it")
	row("codecs", codecNames(t.Codecs)+", 20 ms; keys as telephone-event (RFC 4733)")
	if file.SIP.PublicAddress != "" {
		host = file.SIP.PublicAddress
	}
	audio := fmt.Sprintf("RTP on UDP %d-%d of %s, symmetric", file.RTP.From, file.RTP.To, host)
	if t.SRTP {
		audio += "; SRTP alone, keys in the SDP (SDES, RFC 4568), plain RTP: 488"
	} else {
		audio += ", not encrypted"
	}
	row("audio", audio)
	row("OPTIONS", "answered with 200, with a number or without")
	row("refusals", "404: not our number; 503: no room, try another way; 488: no codec in common")
	row("not supported", "calls from us, transfer (REFER), fax (T.38), video")
	if preset, ok := config.PresetOf(t); ok {
		for i, note := range preset.Notes {
			row(map[bool]string{true: "notes"}[i == 0], note)
		}
	}
	fmt.Fprintln(out)
}

// registrations asks the Asterisk that runs in the data folder, if one does.
func registrations(ctx context.Context, file config.File) map[string]pbx.Registration {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	dir, err := datadir.At(file.Data)
	if err != nil {
		return nil
	}
	all, err := pbx.Registrations(ctx, pbx.ControlSocket(dir.Asterisk()))
	if err != nil {
		return nil
	}
	known := make(map[string]pbx.Registration)
	for _, r := range all {
		known[r.Section] = r
	}
	return known
}

func registrationState(r pbx.Registration) string {
	if r.Status == pbx.Registered {
		return fmt.Sprintf("now registered; renewed in %s", plain(max(r.Next, 0)))
	}
	return fmt.Sprintf("now NOT registered (%s); tried again in %s, and why it failed stands in the log", r.Status, plain(max(r.Next, 0)))
}

// plain writes 2m for 2m0s.
func plain(d time.Duration) string {
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	return text
}

// publicHost is how carriers dial us; false where that is no address that
// the outside could send to.
func publicHost(s config.SIP) (host string, public bool) {
	host = s.Host
	for _, better := range []string{s.PublicAddress, s.PublicName} {
		if better != "" {
			host = better
		}
	}
	addr, err := netip.ParseAddr(host)
	return host, err != nil || addr.IsGlobalUnicast() && !addr.IsPrivate()
}

// signallingURI is where the carrier sends a call.
func signallingURI(file config.File, t config.Trunk, host string) string {
	port, parameter := file.SIP.Port, ""
	switch file.TransportOf(t) {
	case "tls":
		port, parameter = file.SIP.TLS.Port, ";transport=tls"
	case "tcp":
		parameter = ";transport=tcp"
	}
	return "sip:NUMBER@" + net.JoinHostPort(host, strconv.Itoa(port)) + parameter
}

// placesOf says where a dialled number may stand.
func placesOf(sources []string) string {
	words := map[string]string{"request": "the request line", "to": "To", "diversion": "Diversion", "history-info": "History-Info"}
	var places []string
	for _, source := range sources {
		places = append(places, words[source])
	}
	return "in " + strings.Join(places, ", else in ")
}

// writtenAs says in which form, with an example.
func writtenAs(t config.Trunk) string {
	if t.NumberFormat == caller.FormatAny {
		return "in any usual form"
	}
	return "as in " + caller.Write("+3225550100", "BE", t.NumberFormat)
}

// numbersFor are the lines' numbers as the trunk writes them.
func numbersFor(file config.File, t config.Trunk) (all []string) {
	other := false
	for _, line := range file.Lines {
		for _, number := range file.Numbers(line) {
			all = append(all, caller.Write(number, file.NumberRegionOf(t), t.NumberFormat))
		}
		other = other || line.CatchAll
	}
	if other {
		all = append(all, "any other")
	}
	return all
}

func codecNames(codecs []string) string {
	words := map[string]string{"alaw": "G.711 A-law (PCMA)", "ulaw": "G.711 mu-law (PCMU)"}
	var names []string
	for _, codec := range codecs {
		names = append(names, words[codec])
	}
	return strings.Join(names, ", then ")
}
