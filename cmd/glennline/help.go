package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// What cobra makes by itself takes any argument and documents no exit codes;
// these are its commands with our manners.

const exitCodesOfHelp = "\n\nExit codes: 0 printed; 2 wrong use."

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Help about any command",
		Long:  "Prints the help of a command, as --help does." + exitCodesOfHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil {
				return usage(err)
			}
			if len(rest) > 0 {
				return unknownCommand(found, rest)
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if found, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
				for _, child := range found.Commands() {
					if child.IsAvailableCommand() {
						names = append(names, cobra.CompletionWithDesc(child.Name(), child.Short))
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// addCompletion makes cobra's completion command now, to finish it. All other
// commands must be there.
func addCompletion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	completion, _, err := root.Find([]string{"completion"})
	if err != nil {
		return
	}
	completion.Long = "Prints a script that completes glennline's commands and flags in a shell; the\n" +
		"help of each shell's command says where to put it." + exitCodesOfHelp
	completion.Args = cobra.ArbitraryArgs
	completion.RunE = runParent
	for _, shell := range completion.Commands() {
		shell.Long += exitCodesOfHelp
		shell.Args = noArgs
	}
}

// runParent is what a command does that only holds others.
func runParent(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	return unknownCommand(cmd, args)
}

func unknownCommand(parent *cobra.Command, args []string) error {
	hint := fmt.Sprintf("see '%s --help'", parent.CommandPath())
	if near := parent.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("did you mean '%s %s'?", parent.CommandPath(), near[0])
	}
	return usage(fmt.Errorf("unknown command %q: %s", args[0], hint))
}
