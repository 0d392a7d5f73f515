package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"glennline/ops/handover"
	"glennline/ops/seal"
)

type openOptions struct {
	to, identity, published, publicKey string
	passphrase                         passphrase
	force                              bool
}

func newHandoverOpenCommand() *cobra.Command {
	var opts openOptions
	cmd := &cobra.Command{
		Use:   "open DIR",
		Short: "Open an encrypted handover, so that it plays",
		Long: `Makes of an encrypted folder of 'glennline handover' the one that plays in a
browser, as a whole or not at all, after both were proved by their manifests. It
needs no network, no database and no configuration. What it makes is not encrypted:
erase it when it is not needed any more.

Exit codes: 0 opened; 1 could not be done; 2 wrong use, or this key or passphrase
does not open it; 4 something does not hold, as is then said, and nothing was opened.`,
		Args: oneArg("a folder that 'glennline handover' made"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.passphrase.asked = cmd.Flags().Changed("passphrase")
			switch {
			case opts.to == "":
				return usage(errors.New("name the folder to make with --to"))
			case (opts.identity != "") == opts.passphrase.given():
				return usage(errors.New("say what opens it: --identity FILE, or --passphrase"))
			}
			return runHandoverOpen(cmd, args[0], opts)
		},
	}
	cmd.Flags().StringVar(&opts.to, "to", "", "make this `folder`")
	cmd.Flags().StringVar(&opts.identity, "identity", "", "open it with the keys in this `file`, as age-keygen makes it")
	opts.passphrase.flags(cmd, "open it with")
	cmd.Flags().StringVar(&opts.published, "published", "", "the `hash` of the manifest, as it was published")
	cmd.Flags().StringVar(&opts.publicKey, "public-key", "", "the campaign's public `key`, or a file that holds it")
	cmd.Flags().BoolVar(&opts.force, "force", false, "replace the folder, if it is such a one")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	return cmd
}

func runHandoverOpen(cmd *cobra.Command, path string, opts openOptions) (err error) {
	o := handover.Opening{To: opts.to, Force: opts.force, Passphrase: opts.passphrase.given()}
	if o.Proof, err = proofOf(path, opts.published, opts.publicKey); err != nil {
		return err
	}
	if o.Proof.Identities, err = opts.keys(cmd); err != nil {
		return err
	}
	done, err := handover.Open(cmd.Context(), o)
	if errors.Is(err, handover.ErrUnproved) {
		for _, r := range []seal.Report{done.Around, done.Inside} {
			for _, check := range r.Checks {
				if check.State == seal.Fails {
					fmt.Fprintf(cmd.ErrOrStderr(), "FAILS    %s\n", printable(check.Text))
				}
			}
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return usage(err)
	}
	if err != nil {
		return noRoom(err)
	}
	if err := printProof(cmd.OutOrStdout(), done.Around); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "opened: %s; erase the folder when it is not needed any more\n",
		printable(filepath.Join(opts.to, handover.Index)))
	return err
}

// keys are what opens it.
func (o openOptions) keys(cmd *cobra.Command) ([]age.Identity, error) {
	if !o.passphrase.given() {
		keys, err := seal.Identities(o.identity)
		return keys, usage(err)
	}
	phrase, err := o.passphrase.read(cmd, false)
	if err != nil {
		return nil, err
	}
	key, err := age.NewScryptIdentity(phrase)
	return []age.Identity{key}, err
}
