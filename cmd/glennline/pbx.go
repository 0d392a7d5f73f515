package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"net/url"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	asteriskconf "glennline/asterisk-conf"
	"glennline/config"
	"glennline/ops/datadir"
	"glennline/petition/caller"
	"glennline/voicemail/prompts"
)

func newPBXCommand(g *globals) *cobra.Command {
	return parent("pbx", "Asterisk's configuration", newPBXRenderCommand(g), newPBXRunCommand(g))
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
			return runPBXRender(cmd.OutOrStdout(), cmd.ErrOrStderr(), file, out, fragment)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`folder` to write to (required)")
	cmd.Flags().BoolVar(&fragment, "fragment", false, "only the pieces for an Asterisk that exists already")
	return cmd
}

func runPBXRender(stdout, stderr io.Writer, file config.File, out string, fragment bool) error {
	if out == "" {
		return usage(errors.New("where to write is missing: name a folder with --out"))
	}
	cfg, data, err := ownConfig(file)
	if err != nil {
		return err
	}
	cfg.ARI.Password = asteriskconf.NewPassword()
	if cfg.Fallback, err = renderedFallback(file, data, fragment); err != nil {
		return err
	}
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
	if cfg.Fallback == nil {
		fmt.Fprintf(stderr, "glennline: no data in %s yet, so the dialplan refuses calls while glennline is away: start it once, then render again\n", data)
	}
	_, err = fmt.Fprintln(stdout, out)
	return err
}

// renderedFallback is what the dialplan needs to answer by itself: the prompts
// and the secret of a data folder that has been used; nil without one.
func renderedFallback(file config.File, dir datadir.Dir, fragment bool) (*asteriskconf.Fallback, error) {
	secret, err := caller.ReadSecret(dir.Secret())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	library, err := prompts.Open(prompts.Config{Lines: promptSources(file), Cache: dir.Prompts(), Log: zap.NewNop()})
	if err != nil {
		return nil, usage(err)
	}
	spool := dir.Spool()
	if fragment && file.Spool != "" {
		spool = file.Spool
	}
	return fallbackConfig(file, library, spool, secret.SealKey()), nil
}

// ownConfig is asteriskConfig for the data folder that the configuration names,
// which it gives as an absolute path.
func ownConfig(file config.File) (asteriskconf.Config, datadir.Dir, error) {
	dir, err := datadir.At(file.Data)
	if err != nil {
		return asteriskconf.Config{}, "", err
	}
	cfg, err := asteriskConfig(file, dir)
	return cfg, dir, err
}

// asteriskConfig maps the configuration to Asterisk's, and reads the files with
// the trunks' secrets. The ARI password and what depends on the machine are left
// to the caller.
func asteriskConfig(file config.File, dir datadir.Dir) (asteriskconf.Config, error) {
	cfg := asteriskconf.Default()
	trunks, err := trunksOf(file)
	if err != nil {
		return cfg, err
	}
	cfg.Dir = dir.Asterisk()
	cfg.App = file.ARI.App
	cfg.ARI.User = file.ARI.User
	cfg.ARI.Host, cfg.ARI.Port = ariAddress(file.ARI.URL, cfg.ARI)
	if cfg.ARI.MonitorPassword, err = file.MonitorPassword(); err != nil {
		return cfg, usage(err)
	}
	if cfg.ARI.MonitorPassword != "" {
		cfg.ARI.MonitorUser = file.ARI.MonitorUser()
	}
	if err := signalling(file, &cfg.SIP); err != nil {
		return cfg, usage(err)
	}
	cfg.RTP = asteriskconf.PortRange{From: file.RTP.From, To: file.RTP.To}
	cfg.MaxCall, cfg.MaxCalls = file.PBX.MaxCall, file.PBX.MaxCalls
	cfg.MaxPerCaller = file.Admission.PerCaller
	for _, line := range file.Lines {
		cfg.Ring = cfg.Ring || line.RingFor > 0
	}
	passwords, err := file.Passwords()
	if err != nil {
		return cfg, usage(err)
	}
	cfg.Trunks, cfg.DialledFrom = nil, nil
	for _, trunk := range trunks {
		cfg.Trunks = append(cfg.Trunks, asteriskTrunk(file, trunk, passwords[trunk.Name]))
		for _, source := range file.SourcesOf(trunk) {
			if source != asteriskconf.FromRequest && !slices.Contains(cfg.DialledFrom, source) {
				cfg.DialledFrom = append(cfg.DialledFrom, source)
			}
		}
	}
	return cfg, nil
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
