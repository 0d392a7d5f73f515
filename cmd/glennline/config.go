package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func newConfigCommand(g *globals) *cobra.Command {
	check := &cobra.Command{
		Use:   "check",
		Short: "Read the configuration and the prompts as up and serve would",
		Long: `Reads the configuration file, the GLENNLINE_… variables and the flags, and
checks every line's prompts, the trunks' password files and certificate, and
ari.monitor_password_file, and, while the line does not run, whether its ports are
free. Prints each fault on a line of its own.

Exit codes: 0 all is well; 2 something is wrong; nothing is ever changed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runConfigCheck(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), g)
		},
	}
	show := &cobra.Command{
		Use:   "show",
		Short: "Print the configuration that is in force",
		Long: `Prints every key with the value that it has, from the flags, the GLENNLINE_…
variables, the file and the defaults. What a manifest names as configuration_sha256 is
the hash of this: 'glennline config show | sha256sum'.

Exit codes: 0 printed; 2 the configuration is wrong.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := g.settings()
			if err != nil {
				return err
			}
			text, err := file.YAML()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	return parent("config", "The configuration", check, show)
}

func runConfigCheck(ctx context.Context, out, errs io.Writer, g *globals) error {
	file, err := g.settings()
	if err != nil {
		return eachFault(errs, err)
	}
	if err := errors.Join(checkSecretFiles(file), checkPrompts(file)); err != nil {
		return eachFault(errs, err)
	}
	if err := freePorts(ctx, file); err != nil {
		return eachFault(errs, err)
	}
	_, err = fmt.Fprintf(out, "configuration is sound: %s, %s\n", several(len(file.Lines), "line"), several(len(file.Trunks), "trunk"))
	return err
}

// eachFault prints all but the last fault; the last is the command's error.
func eachFault(errs io.Writer, err error) error {
	all := each(err)
	last := len(all) - 1
	for _, fault := range all[:last] {
		fmt.Fprintln(errs, "glennline: "+oneLine(fault))
	}
	return usage(all[last])
}
