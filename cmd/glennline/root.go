package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// The groups of commands, by who uses them.
const (
	groupLine     = "line"
	groupPetition = "petition"
	groupTools    = "tools"
)

// globals are the flags that every command has.
type globals struct {
	config string
	data   string
	abort  <-chan struct{} // closed when told a second time to end
}

func newRootCommand(abort <-chan struct{}) *cobra.Command {
	g := &globals{abort: abort}
	root := &cobra.Command{
		Use:   "glennline",
		Short: "A phone number becomes a petition",
		Long: `glennline answers a telephone line through an Asterisk PBX: callers hear a notice
and a beep, and leave their name. It keeps every voice and counts the signatures.

Settings come from flags, then from GLENNLINE_… variables, then from the file
named by --config. Data goes to standard output, talk to standard error.

Exit codes: 0 done; 1 could not be done; 2 wrong use or configuration, nothing
was changed; 3 something is left to look at; 4 the audit chain, the counters, a
backup or an export do not hold; 6 another process took over the ARI application;
141 whoever read standard output went away.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE:          runParent,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			// An empty shell variable is not the wish for the default, and least of
			// all for every signature there is.
			for _, name := range []string{"config", "data", "line", "since", "until", "at", "status", "status-is"} {
				flag := cmd.Flags().Lookup(name)
				switch {
				case flag == nil || !flag.Changed || flag.Value.String() != "":
				case name == "config" || name == "data":
					return usage(fmt.Errorf("--%s is empty: give it a path, or leave it out", name))
				default:
					return usage(fmt.Errorf("--%s is empty: give it a value, or leave it out", name))
				}
			}
			return nil
		},
		// Zero would suggest nothing at all.
		SuggestionsMinimumDistance: 2,
	}
	root.PersistentFlags().StringVar(&g.config, "config", "", "configuration `file` (YAML)")
	root.PersistentFlags().StringVar(&g.data, "data", "", "data `folder` (default ./data)")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w: see '%s --help'", err, cmd.CommandPath()))
	})
	root.AddGroup(
		&cobra.Group{ID: groupLine, Title: "For the engineer who runs the line:"},
		&cobra.Group{ID: groupPetition, Title: "For the staff who read and count:"},
		&cobra.Group{ID: groupTools, Title: "Tools:"},
	)
	root.SetHelpCommand(newHelpCommand())
	root.SetHelpCommandGroupID(groupTools)
	root.SetCompletionCommandGroupID(groupTools)
	for _, group := range []struct {
		id       string
		commands []*cobra.Command
	}{
		{groupLine, []*cobra.Command{
			newUpCommand(g),
			newServeCommand(g),
			newPBXCommand(g),
			newTrunkCommand(g),
			newConfigCommand(g),
			newHealthCommand(g),
			newDoctorCommand(g),
			newReconcileCommand(g),
			newBackupCommand(g),
			newRestoreCommand(g),
			newRebuildCommand(g),
			newSealCommand(g),
			newPurgeCommand(g),
			newSecretCommand(g),
			newCallCommand(),
		}},
		{groupPetition, []*cobra.Command{
			newListCommand(g),
			newShowCommand(g),
			newPlayCommand(g),
			newSetCommand(g),
			newAcceptCommand(g),
			newDedupeCommand(g), newRemeasureCommand(g),
			newCountCommand(g),
			newReportCommand(g),
			newExportCommand(g),
			newVerifyCommand(),
			newHandoverCommand(g),
			newKPICommand(g),
			newAuditCommand(g),
			newSubjectCommand(g),
			newAlertCommand(g),
		}},
		{groupTools, []*cobra.Command{
			newVersionCommand(),
			newDemoCommand(g),
		}},
	} {
		for _, cmd := range group.commands {
			cmd.GroupID = group.id
			root.AddCommand(cmd)
		}
	}
	addCompletion(root)
	completeNoFiles(root)
	return root
}

// noArgs and oneArg are cobra's checks with our exit code and a hint.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Errorf("%s takes no argument, got %q: see '%s --help'", cmd.CommandPath(), args[0], cmd.CommandPath()))
	}
	return nil
}

func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return usage(fmt.Errorf("%s takes one argument, %s; got %d: see '%s --help'", cmd.CommandPath(), what, len(args), cmd.CommandPath()))
	}
}

// parent makes a command that only holds others.
func parent(use, short string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:                        use,
		Short:                      short,
		Long:                       short + ": see the commands below." + exitCodesOfHelp,
		Args:                       cobra.ArbitraryArgs,
		RunE:                       runParent,
		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(children...)
	return cmd
}
