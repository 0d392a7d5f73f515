package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"glennline/ari"
	asteriskconf "glennline/asterisk-conf"
	"glennline/asterisk-conf/pbx"
	"glennline/config"
	"glennline/ops/datadir"
	"glennline/ops/watch"
)

func newTrunkWatchCommand(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Show each call as it comes, and why it is refused",
		Long: `Shows a line for each call that comes to the running line, until Ctrl-C: when,
by which trunk, from where, who calls (the country and the last two digits, nothing
of a withheld number), the dialled number and where it was found, and the line that
takes it or the reason for which it is refused. Of a trunk that registers it shows
how that stands, and each change: registered, refused and why, not answered.

It asks Asterisk and needs nothing of glennline itself, so calls that the dialplan
answers while glennline is away are shown too. Calls that Asterisk refuses by itself
are those of its log: from an address that no trunk has (401), and without the
encryption that the trunk wants (488). While somebody watches, an Asterisk of
glennline's own is asked for the SIP messages too, so there is the answer to every
other call as well, such as one without a codec in common (488), with its source,
caller and number, and what was thrown away because it is no proper SIP. Messages are
read and never written anywhere.

With --json: an object a line, with the keys at, trunk, source, sip_call_id, caller,
dialled, dialled_in, line, status (0 if it is not refused, or thrown away), why, and
registration (empty of a call, else registered, rejected or unregistered).

Exit codes: 0 ended as told; 1 no Asterisk is there; 2 wrong use or configuration.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := g.settings()
			if err != nil {
				return err
			}
			return runTrunkWatch(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), file, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an object a line")
	return cmd
}

// watched is an Asterisk to watch.
type watched struct {
	edge   ari.Config
	socket string // its control socket
}

// errNoAsterisk says that there is nothing to watch.
var errNoAsterisk = errors.New("no asterisk is there to be watched")

// findWatched finds the Asterisk that up runs in the data folder, or else the one
// that serve is configured for.
func findWatched(file config.File) (watched, error) {
	edge, err := asteriskAtHand(file)
	if err != nil {
		return watched{}, err
	}
	// Asterisk tells its applications apart by name, and so two watchers.
	edge.App += "-watch-" + strconv.Itoa(os.Getpid())
	dir, err := datadir.At(file.Data)
	if err != nil {
		return watched{}, err
	}
	own := dir.Asterisk()
	if _, err := pbx.Running(own); err == nil {
		return watched{edge, pbx.ControlSocket(own)}, nil
	}
	return watched{edge, file.Control}, nil
}

func runTrunkWatch(ctx context.Context, out, talk io.Writer, file config.File, asJSON bool) error {
	lines, err := directory(file)
	if err != nil {
		return usage(err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	calls := newShown(
		func(c watch.Call) error { return printCall(out, c, asJSON) },
		func(n int64) {
			fmt.Fprintf(talk, "glennline: %s not shown, because nobody read what was printed\n", several(int(n), "call"))
		},
		stop, // nobody reads any more
	)
	board := &watch.Board{Lines: lines, Region: file.Region, Now: time.Now, TrunkAt: trunkAt(file), Registering: registering(file), Tell: calls.tell}
	said := ""
	for first := true; ctx.Err() == nil; first = false {
		target, err := findWatched(file)
		if err == nil {
			err = watchOnce(ctx, talk, target, board)
		}
		switch {
		case ctx.Err() != nil:
		case first && err != nil && !errors.Is(err, errLost):
			return err
		case err != nil:
			if text := oneLine(err); text != said { // once, however long it lasts
				fmt.Fprintln(talk, "glennline: "+text+": trying again")
				said = text
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
	board.Close()
	return calls.close()
}

// trunkAt tells by its address whose a call is, as Asterisk does: the trunk that
// names it most closely.
func trunkAt(file config.File) func(source string) string {
	return func(source string) string {
		at, err := netip.ParseAddrPort(source)
		if err != nil {
			return ""
		}
		name, bits := "", -1
		for _, trunk := range file.Trunks {
			for _, text := range trunk.Addresses {
				network, err := netip.ParsePrefix(text)
				if err != nil {
					single, err := netip.ParseAddr(text)
					if err != nil {
						continue // validated
					}
					network = netip.PrefixFrom(single, single.BitLen())
				}
				if network.Contains(at.Addr().Unmap()) && network.Bits() > bits {
					name, bits = trunk.Name, network.Bits()
				}
			}
		}
		return name
	}
}

// errLost says that it was connected, and is not any more.
var errLost = errors.New("the connection to asterisk was lost")

// watchOnce watches until ctx ends or the connection is lost.
func watchOnce(ctx context.Context, talk io.Writer, target watched, board *watch.Board) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var log sync.WaitGroup
	defer log.Wait()
	defer stop()
	hears := make(chan error, 1)
	log.Go(func() {
		err := pbx.Listen(ctx, target.socket, pbx.Ears{
			Connected: func() { hears <- nil }, Refused: board.Refused, Unregistered: board.RegistrationFailed,
		})
		if err != nil {
			select {
			case hears <- err:
			default: // it was lost: the other connection is, too
			}
		}
	})
	client, err := ari.New(target.edge)
	if err != nil {
		return err
	}
	defer client.Close()
	connected := false
	err = ari.Watch(ctx, target.edge, func() {
		connected = true
		if err := <-hears; err != nil {
			fmt.Fprintf(talk, "glennline: calls that Asterisk refuses by itself are not shown: let this user open control, %s (%s)\n", target.socket, oneLine(err))
		}
		announce(ctx, client)
		log.Go(func() { every(ctx, time.Second, func() { announce(ctx, client) }) })
		fmt.Fprintln(talk, "glennline: watching; Ctrl-C ends it")
		if len(board.Registering) > 0 {
			log.Go(func() { watchRegistrations(ctx, target.socket, board) })
		}
	}, board.See)
	switch {
	case ctx.Err() != nil:
		return nil //nolint:nilerr // told to end
	case errors.Is(err, ari.ErrUnauthorized):
		return usage(err)
	case connected:
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return fmt.Errorf("%w: %w", errNoAsterisk, err)
}

// announce lets the dialplan ask where a call comes from. Without it that is not
// shown, which the next time may mend.
func announce(ctx context.Context, client *ari.Client) {
	_ = client.SetGlobal(ctx, asteriskconf.WatchVariable, asteriskconf.WatchValue(time.Now()))
}

// registrationsEvery is how often Asterisk is asked for its registrations: its log
// tells of those that fail, and not of those that succeed.
const registrationsEvery = time.Second

// watchRegistrations asks until ctx ends.
func watchRegistrations(ctx context.Context, socket string, board *watch.Board) {
	ask := func() {
		asked := time.Now()
		if all, err := pbx.Registrations(ctx, socket); err == nil { // else it was said that the socket is of no use
			board.Registrations(asked, all)
		}
	}
	ask()
	every(ctx, registrationsEvery, ask)
}

// registering are the trunks that register, as Asterisk has them.
func registering(file config.File) (all []asteriskconf.Trunk) {
	for _, trunk := range file.Trunks {
		if t := asteriskTrunk(file, trunk, ""); t.Registers() {
			all = append(all, t)
		}
	}
	return all
}

// printCall prints a call. What came with it cannot hurt a terminal.
func printCall(out io.Writer, c watch.Call, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(c)
	}
	shown := func(text string) string {
		if text == "" {
			return "-"
		}
		return printable(text)
	}
	dialled := shown(c.Dialled)
	if c.In != "" {
		dialled += " in " + string(c.In)
	}
	verdict := "line " + printable(c.Line)
	switch {
	case c.Status != 0: // of a registration, too
		verdict = fmt.Sprintf("refused %d: %s", c.Status, c.Why)
	case c.Line == "":
		verdict = c.Why
	case c.Why != "":
		verdict += ", " + c.Why
	}
	_, err := fmt.Fprintf(out, "%s  %-12s %-21s %-9s %-28s %s\n", c.At.Format("15:04:05"), shown(c.Trunk), shown(c.Source), shown(c.Caller), dialled, verdict)
	return err
}
