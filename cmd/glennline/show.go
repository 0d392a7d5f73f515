package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"glennline/petition"
	"glennline/petition/sqlite"
)

// showJSON is what `show --json` prints: the keys of `list --json`, and more.
type showJSON struct {
	callJSON
	System      string       `json:"system"`
	UniqueID    string       `json:"unique_id"`
	Pseudonym   string       `json:"pseudonym"` // "" where none is kept
	KeyID       string       `json:"key_id"`
	AnsweredAt  *time.Time   `json:"answered_at"`
	EndedAt     *time.Time   `json:"ended_at"`
	Consent     *consentJSON `json:"consent"`
	LevelDBFS   *float64     `json:"level_dbfs"`
	PeakDBFS    *float64     `json:"peak_dbfs"`
	Measure     *measureJSON `json:"measure"` // all that was measured; null without a recording
	FileSHA256  string       `json:"file_sha256"`
	AudioSHA256 string       `json:"audio_sha256"`
	Repaired    bool         `json:"repaired"`
	PurgedAt    *time.Time   `json:"purged_at"`    // when the recording was removed, its time being over; null while it is kept
	ErasedAt    *time.Time   `json:"erased_at"`    // when the person behind the call was erased; null if not
	StatusActor string       `json:"status_actor"` // a login, or glennline for the rule; "" without a signature
	StatusAt    *time.Time   `json:"status_at"`    // when the status was given
}

type consentJSON struct {
	Notice   string `json:"notice"` // version of the prompts
	Language string `json:"language"`
	Complete bool   `json:"complete"` // played to its end
}

func newShowCommand(g *globals) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show everything about one call",
		Long: `Shows everything that is kept of a call. The ID may be cut short as long as it
is the only one that begins so.

Exit codes: 0 shown; 1 could not be read; 2 wrong use, or no such call.`,
		Args: oneArg("the ID of a call, as 'glennline list --calls' prints it"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runShow(cmd.Context(), cmd.OutOrStdout(), g, args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as JSON")
	return cmd
}

func runShow(ctx context.Context, out io.Writer, g *globals, id string, asJSON bool) error {
	dir, db, err := g.openLedger(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	row, err := findCall(ctx, db, id)
	if err != nil {
		return err
	}
	s := detail(row)
	s.callJSON = toJSON(dir, row)
	_, same, err := db.Confidential(ctx, row.Call.ID)
	if err != nil {
		return err
	}
	if same {
		s.WAV, s.TypedName = "", "" // it is as confidential as the other one
	}
	if asJSON {
		return json.NewEncoder(out).Encode(s)
	}
	return printDetail(out, s)
}

func detail(row sqlite.CallRow) showJSON {
	s := showJSON{
		System:    row.Call.System,
		UniqueID:  row.Call.UniqueID,
		Pseudonym: row.Call.Caller.Pseudonym,
		KeyID:     row.Call.Caller.KeyID,
	}
	if row.Signature != nil {
		s.StatusActor, s.StatusAt = row.Signature.Actor, moment(row.Signature.ChangedAt)
	}
	s.ErasedAt = moment(row.ErasedAt)
	c := row.Closing
	if c == nil {
		return s
	}
	s.AnsweredAt, s.EndedAt = moment(c.AnsweredAt), moment(c.EndedAt)
	if c.Consent != (petition.Consent{}) {
		s.Consent = &consentJSON{c.Consent.Notice, c.Consent.Language, c.Consent.Complete}
	}
	if v := c.Voice; v != nil {
		s.LevelDBFS, s.PeakDBFS = &v.Measure.LevelDBFS, &v.Measure.PeakDBFS
		s.Measure = measureToJSON(v.Measure)
		s.FileSHA256, s.AudioSHA256, s.Repaired = v.FileSHA256, v.AudioSHA256, v.Repaired
		s.PurgedAt = moment(v.PurgedAt)
	}
	return s
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func printDetail(out io.Writer, s showJSON) error {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(out, "%-14s %s\n", name, printable(fmt.Sprintf(format, args...)))
	}
	line("id", "%s", s.ID)
	line("started", "%s", s.StartedAt.Format(time.RFC3339))
	line("line", "%s (dialled %s)", s.Line, s.Dialled)
	caller := s.CallerClass
	switch {
	case s.KeyID == sqlite.PurgedKey:
		caller += ", whose pseudonym was removed"
	case s.Pseudonym != "":
		caller += ", pseudonym " + s.Pseudonym[:12] + "…"
	}
	line("caller", "%s", caller)
	if s.Ending == nil {
		line("ending", "the call is open")
	} else {
		line("ending", "%s/%s", s.Ending.Result, s.Ending.Reason)
	}
	if s.AnsweredAt != nil && s.EndedAt != nil {
		line("answered for", "%s", s.EndedAt.Sub(*s.AnsweredAt).Round(time.Millisecond))
	}
	if c := s.Consent; c != nil {
		heard := "cut short"
		if c.Complete {
			heard = "played to its end"
		}
		line("notice", "version %s in %s, %s", c.Notice, c.Language, heard)
	}
	if s.WAV != "" {
		line("recording", "%s", s.WAV)
		line("", "%.1f s, of which %.1f s of speech at %.0f dBFS", s.Seconds, s.Speech, *s.LevelDBFS)
		if m := s.Measure; m != nil && m.Version > 0 {
			line("", "%.1f s unclear, %.1f s of tones; noise %.0f dBFS, hum %.0f dBFS, clipped %.1f%%", m.Unclear, m.Tones, m.Noise, m.Hum, 100*m.Clipped)
		}
		line("", "SHA-256 %s", s.FileSHA256)
	}
	if s.PurgedAt != nil {
		line("recording", "removed on %s, its time being over", s.PurgedAt.Format(time.DateOnly))
	}
	if s.ErasedAt != nil {
		line("erased", "on %s, with all that was stored of the person", s.ErasedAt.Format(time.DateOnly))
	}
	if s.Status != "" {
		status := s.Status
		if s.DuplicateOf != "" {
			status += " of " + s.DuplicateOf
		}
		line("signature", "%s (%s), by %s on %s", status, s.Reason, s.StatusActor, s.StatusAt.Format(time.RFC3339))
	}
	if s.TypedName != "" {
		line("name", "%s", s.TypedName)
	}
	line("SIP Call-ID", "%s", s.SIPCallID)
	_, err := fmt.Fprintf(out, "%-14s %s\n", "Asterisk", printable(s.UniqueID+" on "+s.System))
	return err
}
