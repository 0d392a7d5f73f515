package main

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// commands is every command that a user can give, with its words.
func commands(cmd *cobra.Command) (all []*cobra.Command) {
	all = append(all, cmd)
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() || child.Name() == "help" {
			all = append(all, commands(child)...)
		}
	}
	return all
}

func TestHelp(t *testing.T) {
	codes := regexp.MustCompile(`(?s)Exit codes: 0 [a-z].*[;,] (1|2) `)
	for _, cmd := range commands(newRootCommand(nil)) {
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			words := strings.Fields(cmd.CommandPath())[1:]
			for _, args := range [][]string{append(slices.Clone(words), "--help"), append([]string{"help"}, words...)} {
				var out bytes.Buffer
				root := newRootCommand(nil)
				root.SetArgs(args)
				root.SetOut(&out)
				if err := root.Execute(); err != nil {
					t.Fatalf("%q: %v\n%s", args, err, out.String())
				}
				if !codes.Match(out.Bytes()) {
					t.Errorf("%q documents no exit codes:\n%s", args, out.String())
				}
				if !strings.Contains(out.String(), cmd.CommandPath()) {
					t.Errorf("%q shows the help of another command:\n%s", args, out.String())
				}
			}
		})
	}
}

func TestCommandsAreGrouped(t *testing.T) {
	root := newRootCommand(nil)
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		if cmd.IsAvailableCommand() && !root.ContainsGroup(cmd.GroupID) {
			t.Errorf("%s is in no group", cmd.CommandPath())
		}
		if cmd.Short == "" {
			t.Errorf("%s has no short description", cmd.CommandPath())
		}
	}
	for _, cmd := range commands(root) {
		for _, name := range []string{"config", "data"} {
			if cmd.InheritedFlags().Lookup(name) == nil && cmd.PersistentFlags().Lookup(name) == nil {
				t.Errorf("%s takes no --%s", cmd.CommandPath(), name)
			}
		}
	}
}
