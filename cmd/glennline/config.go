package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"glennline/config"
)

func newConfigCommand(g *globals) *cobra.Command {
	check := &cobra.Command{
		Use:   "check",
		Short: "Read the configuration and the prompts as up and serve would",
		Long: `Reads the configuration file, the GLENNLINE_… variables and the flags, and
checks every line's prompts. Prints each fault on a line of its own.

Exit codes: 0 all is well; 2 something is wrong; nothing is ever changed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runConfigCheck(cmd.OutOrStdout(), cmd.ErrOrStderr(), g)
		},
	}
	return parent("config", "The configuration", check)
}

func runConfigCheck(out, errs io.Writer, g *globals) error {
	file, err := g.settings()
	if err != nil {
		return eachFault(errs, err)
	}
	cache, err := os.MkdirTemp("", "glennline-check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(cache)
	if _, err := openPrompts(file, cache, zap.NewNop()); err != nil {
		return eachFault(errs, usage(err))
	}
	_, err = fmt.Fprintf(out, "configuration is sound: %d line(s), %d trunk(s)\n", len(file.Lines), len(file.Trunks))
	return err
}

// eachFault prints all but the last fault; the last is the command's error.
func eachFault(errs io.Writer, err error) error {
	var faults config.Faults
	if !errors.As(err, &faults) {
		return err
	}
	for _, fault := range faults[:len(faults)-1] {
		fmt.Fprintln(errs, "glennline: "+fault.Error())
	}
	return usage(faults[len(faults)-1])
}
