package rebuild_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glennline/ops/datadir"
	"glennline/ops/rebuild"
	"glennline/petition"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
	"glennline/voicemail/wav"
)

// many is how many calls the damaged database had: enough for many pages of each
// table. Every 25th left a recording.
const many = 1500

// served is a data folder with a sound database, which is closed, and its rows.
func served(t *testing.T) (datadir.Dir, map[string]sqlite.CallRow) {
	t.Helper()
	dir, err := datadir.Create(t.TempDir())
	must(t, err)
	store, err := archive.Open(dir.Archive(), dir.Quarantine())
	must(t, err)
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: dir.Database()})
	must(t, err)
	must(t, db.BindSecret(t.Context(), "key", strings.Repeat("c", 64)))
	said, err := wav.Read("../../voicemail/prompts/placeholder/fr/notice.wav")
	must(t, err)
	for n := range many {
		var voice *petition.Voice
		if n%25 == 0 {
			var file bytes.Buffer
			must(t, wav.Write(&file, said.Rate, said.Samples[n*16:n*16+12000]))
			spooled := filepath.Join(t.TempDir(), "spooled.wav")
			must(t, os.WriteFile(spooled, file.Bytes(), 0o600))
			v, err := store.Keep(t.Context(), spooled, call(n).ID, call(n).StartedAt)
			must(t, err)
			voice = &v
		}
		_, err := db.Settle(t.Context(), call(n), closing(n, voice))
		must(t, err)
		if voice != nil {
			_, err := db.SetName(t.Context(), call(n).ID, "heard in "+call(n).ID, "nora")
			must(t, err)
		}
	}
	rows := rowsOf(t, db)
	must(t, db.Close())
	return dir, rows
}

func rowsOf(t *testing.T, db *sqlite.DB) map[string]sqlite.CallRow {
	t.Helper()
	rows := make(map[string]sqlite.CallRow)
	must(t, db.Calls(t.Context(), sqlite.Filter{}, func(row sqlite.CallRow) error {
		rows[row.Call.ID] = row
		return nil
	}))
	return rows
}

// Whatever pages of a database are overwritten or cut off: what can be read is
// as it was, every recording has its row, and nothing counts that did not.
func TestSalvage(t *testing.T) {
	sound, before := served(t)
	for name, harm := range map[string]struct {
		do      func(t *testing.T, path string, size int64)
		atLeast int // calls that must have come through with all that was known of them
	}{
		"pages in the middle": {func(t *testing.T, path string, size int64) {
			t.Helper()
			overwrite(t, path, size/2, 3*4096, 0xa5)
		}, many / 2},
		"pages of zeros": {func(t *testing.T, path string, size int64) {
			t.Helper()
			overwrite(t, path, size/3, 4*4096, 0)
		}, many / 2},
		"every tenth page": {func(t *testing.T, path string, size int64) {
			t.Helper()
			for at := int64(9 * 4096); at < size; at += 10 * 4096 {
				overwrite(t, path, at, 4096, 0xff)
			}
		}, many / 2},
		"its end": {func(t *testing.T, path string, size int64) {
			t.Helper()
			must(t, os.Truncate(path, size*2/3))
		}, many / 4},
		"its beginning": {func(t *testing.T, path string, _ int64) {
			t.Helper()
			overwrite(t, path, 100, 4096, 0xa5)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := datadir.Dir(filepath.Join(t.TempDir(), "data"))
			must(t, os.CopyFS(string(dir), os.DirFS(string(sound))))
			info, err := os.Stat(dir.Database())
			must(t, err)
			harm.do(t, dir.Database(), info.Size()&^4095)
			report, err := rebuild.Run(t.Context(), rebuild.Config{Dir: dir, Actor: "nora", Apply: true})
			if errors.Is(err, rebuild.ErrSound) {
				t.Fatal("the pages that were harmed are of no table: harm others")
			}
			must(t, err)
			db, err := sqlite.Open(t.Context(), sqlite.Config{Path: dir.Database()})
			must(t, err)
			t.Cleanup(func() { _ = db.Close() })
			after := rowsOf(t, db)
			whole, named := 0, 0
			for id, was := range before {
				is, ok := after[id]
				if is.Signature != nil && is.Signature.TypedName == "heard in "+id {
					named++
				}
				switch {
				case !ok && was.Closing.Voice != nil:
					t.Errorf("call %s, which has a recording, is gone", id)
				case !ok:
				case is.Signature != nil && is.Signature.Status == petition.StatusCounted && is.Call.Caller != was.Call.Caller:
					t.Errorf("call %s counts with caller %+v, was %+v", id, is.Call.Caller, was.Call.Caller)
				case is.Signature != nil && is.Signature.Status == petition.StatusCounted && is.Closing.Voice.FileSHA256 != was.Closing.Voice.FileSHA256:
					t.Errorf("call %s counts with another recording", id)
				case is.Signature != nil && is.Signature.Status == petition.StatusCounted && was.Signature.Status != petition.StatusCounted:
					t.Errorf("call %s counts and did not", id)
				case is.Call == was.Call && is.Closing.Ending == was.Closing.Ending && (is.Signature == nil || is.Signature.Status == was.Signature.Status):
					whole++
				}
			}
			for id, is := range after {
				if _, ok := before[id]; !ok {
					t.Errorf("call %s was never there: %+v", id, is.Call)
				}
			}
			if whole < harm.atLeast {
				t.Errorf("%d calls came through whole, want %d at least: %+v", whole, harm.atLeast, report)
			}
			if named == 0 && harm.atLeast > 0 {
				t.Error("no name that somebody typed came through")
			}
			t.Logf("%d of %d calls came through whole, %d in all; %d counted, %d to review; %d gaps; left out: %d",
				whole, many, len(after), report.Counted, report.Review, report.Gaps, len(report.Refused))
			if id, err := db.SecretID(t.Context()); harm.atLeast > 1 && (err != nil || id != "key") {
				t.Errorf("secret %q, %v", id, err)
			}
		})
	}
}

func overwrite(t *testing.T, path string, at int64, n int, with byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteAt(bytes.Repeat([]byte{with}, n), at&^4095)
	must(t, errors.Join(err, f.Close()))
}
