package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"glennline/ops/datadir"
	"glennline/petition"
	"glennline/petition/sqlite"
)

func newPlayCommand(g *globals) *cobra.Command {
	var player string
	cmd := &cobra.Command{
		Use:   "play ID",
		Short: "Hear a recording: its path, or a player that plays it",
		Long: `Writes to the audit chain who hears which recording, and then prints the path of
its file, or with --player runs a program on it. A confidential recording is
for those alone whom the configuration names under professionals.

Exit codes: 0 done; 1 could not be done; 2 wrong use, no such recording, or not
for you.`,
		Args: oneArg("the ID of a signature, as 'glennline list' prints it"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPlay(cmd, g, args[0], player)
		},
	}
	cmd.Flags().StringVar(&player, "player", "", "run this `program` on the file, such as aplay")
	return cmd
}

func runPlay(cmd *cobra.Command, g *globals, id, player string) error {
	ctx := cmd.Context()
	who, err := actor()
	if err != nil {
		return err
	}
	if player != "" {
		if _, err := exec.LookPath(program(player)[0]); err != nil {
			return usage(fmt.Errorf("--player: %w: name a program that plays WAV files", err))
		}
	}
	wav, err := g.audible(cmd, id, who)
	if err != nil {
		return err
	}
	err = g.change(ctx, func(_ datadir.Dir, db *sqlite.DB) error {
		return db.Audit(ctx, petition.AuditEntry{Actor: who, Kind: petition.AuditPlay, Subject: wav.id}, "")
	})
	if err != nil {
		return err // and nobody hears what is not written down
	}
	if player == "" {
		_, err := fmt.Fprintln(cmd.OutOrStdout(), wav.path)
		return err
	}
	words := program(player)
	run := exec.CommandContext(ctx, words[0], append(words[1:], wav.path)...)
	run.Stdin, run.Stdout, run.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := run.Run(); err != nil {
		return fmt.Errorf("%s: %w", words[0], err)
	}
	return nil
}

// program is a player's name and its arguments.
func program(player string) []string {
	if words := strings.Fields(player); len(words) > 0 {
		return words
	}
	return []string{player}
}

// recording is one that may be heard.
type recording struct{ id, path string }

// audible finds a recording that who may hear.
func (g *globals) audible(cmd *cobra.Command, id, who string) (recording, error) {
	file, err := g.settings()
	if err != nil {
		return recording{}, err
	}
	dir, db, err := g.openLedger(cmd.Context())
	if err != nil {
		return recording{}, err
	}
	defer db.Close()
	row, err := findCall(cmd.Context(), db, id)
	if err != nil {
		return recording{}, err
	}
	if row.Closing == nil || row.Closing.Voice == nil {
		return recording{}, usage(fmt.Errorf("call %s left no recording", row.Call.ID))
	}
	own, same, err := db.Confidential(cmd.Context(), row.Call.ID)
	if err != nil {
		return recording{}, err
	}
	if (own || same) && !slices.Contains(file.Professionals, who) {
		return recording{}, usage(secluded(row.Call.ID, own, who))
	}
	if at := row.Closing.Voice.PurgedAt; !at.IsZero() {
		return recording{}, usage(fmt.Errorf("the recording of %s was removed on %s, its time being over", row.Call.ID, at.Format(time.DateOnly)))
	}
	path := filepath.Join(dir.Archive(), filepath.FromSlash(row.Closing.Voice.Path))
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return recording{}, fmt.Errorf("the recording of %s is missing: run glennline reconcile, which says what became of it", row.Call.ID)
	} else if err != nil {
		return recording{}, err
	}
	return recording{row.Call.ID, path}, nil
}

// secluded says that what was said in a recording is not for who.
func secluded(id string, own bool, who string) error {
	what := "is confidential"
	if !own {
		what = "has exactly the samples of one that is confidential"
	}
	return fmt.Errorf("signature %s %s: it is for those alone whom the configuration names under professionals, and %s is not among them", id, what, who)
}
