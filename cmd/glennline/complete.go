package main

import (
	"github.com/spf13/cobra"

	"glennline/petition"
)

// completeNoFiles keeps shells from offering files as arguments, but to those
// commands that take them and say so.
func completeNoFiles(cmd *cobra.Command) {
	for _, child := range cmd.Commands() {
		if child.ValidArgsFunction == nil {
			child.ValidArgsFunction = cobra.NoFileCompletions
		}
		completeNoFiles(child)
	}
}

// completeFlag says what the flag of a command may be. That it exists is for
// whoever names it here.
func completeFlag(cmd *cobra.Command, flag string, words cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, words); err != nil {
		panic(err)
	}
}

// lineNames are the configured lines; none where the configuration is wrong,
// since a shell that completes has nowhere to say so.
func (g *globals) lineNames(*cobra.Command, []string, string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
	if file, err := g.settings(); err == nil {
		for _, line := range file.Lines {
			names = append(names, line.Name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// statusNames are the statuses of signatures.
func statusNames(*cobra.Command, []string, string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
	for _, status := range petition.Statuses {
		names = append(names, string(status))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
