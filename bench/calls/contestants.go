package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// contestant is what answers a call.
type contestant string

const (
	dialplanAlone contestant = "dialplan"
	itsVoicemail  contestant = "voicemail" // Asterisk's own application
	withGlennline contestant = "glennline"
)

var contestants = []contestant{dialplanAlone, itsVoicemail, withGlennline}

// number is what is dialled to reach it.
func (c contestant) number() string {
	if r := rungOf(c); r != nil {
		return r.number
	}
	switch c {
	case dialplanAlone:
		return dialplanNumber
	case itsVoicemail:
		return voicemailNumber
	default:
		return lineNumber
	}
}

// turns is the order of the contestants in a pair. Each comes first, second and
// last as often as the others: what one leaves behind on the machine, such as
// pages to be written, falls on whoever is next.
func (l load) turns(pair int) []contestant {
	if l.Alone {
		return []contestant{withGlennline}
	}
	return rotated(contestants, pair-1)
}

// rotated begins with the one so many places further.
func rotated(who []contestant, places int) []contestant {
	first := places % len(who)
	return slices.Concat(who[first:], who[:first])
}

// dialplanContext is where asterisk-conf sends calls from a trunk.
const dialplanContext = "from-trunk"

// addDialplan teaches the running Asterisk a number that it answers by itself.
// It plays the files that glennline plays, and records where glennline's calls
// are recorded.
func (l *line) addDialplan(ctx context.Context) error {
	steps, err := l.dialplanSteps()
	if err != nil {
		return err
	}
	if err := l.makeFolder(l.dialplanSpool()); err != nil {
		return err
	}
	return l.addExtension(ctx, dialplanNumber, steps...)
}

func (l *line) dialplanSteps() ([]string, error) {
	set, err := l.promptSet()
	return []string{
		"Answer()",
		fmt.Sprintf("Playback(%s/name&%s/notice&%s/beep)", set, set, set),
		// k keeps the file when the caller hangs up; q: no beep of its own.
		fmt.Sprintf("Record(%s/${UNIQUEID}.wav,5,120,kq)", l.dialplanSpool()),
		"Hangup()",
	}, err
}

// mailbox is the one of Asterisk's own voicemail. It takes all calls, as a
// line does.
const (
	mailbox        = "100"
	mailboxContext = "bench"
)

// voicemailConf keeps a message as the other contestants do: the same format,
// the same longest silence and length, nothing sent to anybody.
const voicemailConf = `[general]
format = wav
maxsilence = 5
maxsecs = 120
minsecs = 0
maxmsg = 9999
attach = no
pollmailboxes = no
[` + mailboxContext + `]
` + mailbox + ` => 0000,bench
`

// addVoicemail teaches it a number whose calls go to Asterisk's own voicemail,
// with name and notice as the greeting and with the same beep.
func (l *line) addVoicemail(ctx context.Context) error {
	set, err := l.promptSet()
	if err != nil {
		return err
	}
	conf := filepath.Join(l.data.Asterisk(), "etc", "voicemail.conf")
	if err := os.WriteFile(conf, []byte(voicemailConf), 0o644); err != nil {
		return err
	}
	for _, folder := range []string{filepath.Join(l.mailboxFolder(), "..", ".."), filepath.Join(l.mailboxFolder(), ".."), l.mailboxFolder()} {
		if err := l.makeFolder(folder); err != nil {
			return err
		}
	}
	var greeting []byte // as headerless A-law, like the prompts
	for _, part := range []string{"name", "notice"} {
		said, err := os.ReadFile(filepath.Join(set, part+".alaw"))
		if err != nil {
			return err
		}
		greeting = append(greeting, said...)
	}
	if err := os.WriteFile(filepath.Join(l.mailboxFolder(), "unavail.alaw"), greeting, 0o644); err != nil {
		return err
	}
	if said, err := l.console(ctx, "module load app_voicemail.so"); err != nil || !strings.Contains(said, "Loaded") {
		return fmt.Errorf("module load app_voicemail.so: %q: %w", said, err)
	}
	return l.addExtension(ctx, voicemailNumber,
		"Answer()",
		// u: the greeting; s: no instructions after it; t: the same beep.
		fmt.Sprintf("VoiceMail(%s@%s,ust(%s/beep))", mailbox, mailboxContext, set),
		"Hangup()")
}

// promptSet is the folder with the prompts as glennline gave them to Asterisk.
func (l *line) promptSet() (string, error) {
	found, err := filepath.Glob(filepath.Join(l.data.Prompts(), "*", "notice.alaw"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("prompts in %s: %d sets found, want 1", l.data.Prompts(), len(found))
	}
	return filepath.Dir(found[0]), nil
}

// addExtension adds a number to the running dialplan, from memory: nothing
// that glennline rendered is touched.
func (l *line) addExtension(ctx context.Context, number string, steps ...string) error {
	for i, step := range steps {
		if strings.ContainsAny(step, " \t\"") {
			return fmt.Errorf("%s: the folder's name has a blank in it; choose another with -dir", step)
		}
		_, err := l.console(ctx, fmt.Sprintf("dialplan add extension %s,%d,%s into %s", number, i+1, step, dialplanContext))
		if err != nil {
			return err
		}
	}
	known, err := l.console(ctx, "dialplan show "+number+"@"+dialplanContext)
	if err != nil {
		return err
	}
	for _, step := range steps {
		if !strings.Contains(known, step) {
			return fmt.Errorf("asterisk did not take %s into its dialplan: %s", step, known)
		}
	}
	return nil
}

// spool is where the recordings of a contestant lie, glennline's apart: all on
// the same disk.
func (l *line) spool(who contestant) string {
	switch who {
	case itsVoicemail:
		return filepath.Join(l.mailboxFolder(), "INBOX")
	case carriedByARI:
		return l.stepsFolder()
	default:
		return l.dialplanSpool()
	}
}

func (l *line) dialplanSpool() string { return filepath.Join(l.data.Asterisk(), "spool", "bench") }

func (l *line) mailboxFolder() string {
	return filepath.Join(l.data.Asterisk(), "spool", "voicemail", mailboxContext, mailbox)
}

// makeFolder makes a folder for the user whom Asterisk runs as.
func (l *line) makeFolder(path string) error {
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(l.data.Spool())
	if err != nil {
		return err
	}
	owner := info.Sys().(*syscall.Stat_t)
	return os.Chown(path, int(owner.Uid), int(owner.Gid))
}
