package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	asteriskconf "glennline/asterisk-conf"
	"glennline/config"
	"glennline/ops/datadir"
)

func newPBXCommand(g *globals) *cobra.Command {
	return parent("pbx", "Asterisk's configuration", newPBXRenderCommand(g))
}

func newPBXRenderCommand(g *globals) *cobra.Command {
	var (
		out      string
		fragment bool
	)
	cmd := &cobra.Command{
		Use:   "render --out DIR",
		Short: "Write Asterisk's configuration",
		Long: `Writes the whole configuration of an Asterisk that answers the line, as
'glennline up' would run it, with a new ARI password in ari.conf (mode 0600).
With --fragment: only what an Asterisk that exists already has to include, and
a text that says where.

Exit codes: 0 written; 1 could not be written; 2 wrong use or configuration.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := g.settings()
			if err != nil {
				return err
			}
			return runPBXRender(cmd.OutOrStdout(), file, out, fragment)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`folder` to write to (required)")
	cmd.Flags().BoolVar(&fragment, "fragment", false, "only the pieces for an Asterisk that exists already")
	return cmd
}

func runPBXRender(stdout io.Writer, file config.File, out string, fragment bool) error {
	if out == "" {
		return usage(errors.New("where to write is missing: name a folder with --out"))
	}
	data, err := filepath.Abs(file.Data)
	if err != nil {
		return err
	}
	cfg := asteriskConfig(file, datadir.Dir(data))
	cfg.ARI.Password = asteriskconf.NewPassword()
	if err := cfg.Validate(); err != nil {
		return usage(err)
	}
	render := asteriskconf.Render
	if fragment {
		render = asteriskconf.RenderFragment
	}
	if err := render(cfg, out); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	_, err = fmt.Fprintln(stdout, out)
	return err
}

// asteriskConfig maps the configuration to Asterisk's. The ARI password and
// what depends on the machine are left to the caller.
func asteriskConfig(file config.File, dir datadir.Dir) asteriskconf.Config {
	cfg := asteriskconf.Default()
	cfg.Dir = dir.Asterisk()
	cfg.App = file.ARI.App
	cfg.ARI.User = file.ARI.User
	cfg.ARI.Host, cfg.ARI.Port = ariAddress(file.ARI.URL, cfg.ARI)
	cfg.SIP.Host, cfg.SIP.Port, cfg.SIP.Transport = file.SIP.Host, file.SIP.Port, file.SIP.Transport
	cfg.RTP = asteriskconf.PortRange{From: file.RTP.From, To: file.RTP.To}
	cfg.MaxCall, cfg.MaxCalls = file.PBX.MaxCall, file.PBX.MaxCalls
	cfg.MaxPerCaller = file.Admission.PerCaller
	cfg.Trunks = nil
	for _, trunk := range file.Trunks {
		cfg.Trunks = append(cfg.Trunks, asteriskconf.Trunk{Name: trunk.Name, Match: trunk.Addresses, Codecs: trunk.Codecs})
	}
	cfg.DialledFrom = nil
	for _, source := range file.DialledFrom {
		if source != "request" {
			cfg.DialledFrom = append(cfg.DialledFrom, source)
		}
	}
	return cfg
}

// ariAddress is where Asterisk has to listen for serve to find it at the URL,
// or as before where that names another machine.
func ariAddress(address string, otherwise asteriskconf.ARI) (host string, port int) {
	u, err := url.Parse(address)
	if err != nil {
		return otherwise.Host, otherwise.Port
	}
	addr, err := netip.ParseAddr(u.Hostname())
	if port, portErr := strconv.Atoi(u.Port()); err == nil && portErr == nil && addr.IsLoopback() {
		return addr.String(), port
	}
	return otherwise.Host, otherwise.Port
}
