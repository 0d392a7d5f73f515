package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite what the scripts expect to be printed")

// TestMain makes the real program a command of the scripts: this binary, run
// under the name glennline, is it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"glennline": func() {
			if at, err := time.Parse(time.RFC3339, os.Getenv(testNow)); err == nil {
				now = func() time.Time { return at }
			}
			os.Exit(run(os.Args[1:]))
		},
		"timers": printSlack,
	})
}

// TestCommands runs every script of testdata. Besides testscript's own commands
// they have:
//
//	refused CODE glennline ARG...   one line on standard error, CODE, and nothing changed on disk
//	ledger DIR                      a data folder with one call of every kind
//	archived DIR FROM TO [LIKE]     a data folder that has the calls FROM to TO, and their recordings;
//	                                all from the telephone of the call LIKE
//	journalled DIR FROM TO          the same, but the calls wait in the journal
//	locked DATABASE                 another program has it for itself
//	query DATABASE SQL              changes a database by hand
//	resize FILE BYTES               cuts a file, or makes it longer
//	flipped CODE FILE [TEXT]        with a bit of the file changed, its bundle is verified and fails
//	voice FILE RATE DBFS            a WAV file with a voice in it
//	document [-keys KEY...]         standard output is a JSON object a line
//	busy udp|tcp VARIABLE           a port that is taken until the script ends
//	free VARIABLE                   a port that is not
//	deny VARIABLE                   the address of an ARI that takes no password
func TestCommands(t *testing.T) { runScripts(t, "testdata") }

// runScripts runs the scripts of a folder.
func runScripts(t *testing.T, dir string) {
	t.Helper()
	placeholders, err := filepath.Abs("../../voicemail/prompts/placeholder")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		ContinueOnError:     true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"refused":     cmdRefused,
			"ledger":      cmdLedger,
			"archived":    cmdArchived,
			"journalled":  cmdJournalled,
			"locked":      cmdLocked,
			"query":       cmdQuery,
			"resize":      cmdResize,
			"flipped":     cmdFlipped,
			"voice":       cmdVoice,
			"document":    cmdDocument,
			"busy":        cmdBusy,
			"free":        cmdFree,
			"deny":        cmdDeny,
			"certificate": cmdCertificate,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("PLACEHOLDERS", placeholders)
			// A folder that Asterisk's user may enter where the tests run as root.
			for dir := env.WorkDir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
				if err := os.Chmod(dir, 0o755); err != nil {
					return err
				}
			}
			return os.Chmod(env.WorkDir, 0o755)
		},
	})
}
