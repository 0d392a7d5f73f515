package backup

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// nothing is the error of a backup of which nothing was restored, with what can
// still be made of it.
func (r *restore) nothing(why string) error {
	var parts []string
	state := filepath.FromSlash(r.done.Backup.State)
	for _, part := range []string{"archive", "prompts", witnessFolder, "tombstones.jsonl", path.Join(state, "audit.jsonl"), path.Join(state, "journal")} {
		if exists(filepath.Join(r.From, part)) {
			parts = append(parts, part)
		}
	}
	return fmt.Errorf("%s: %w: %s. Nothing was restored: name another backup with --from; without one, "+
		"'mkdir -p %[4]s && cd %[1]s && cp -r %[5]s %[4]s && glennline rebuild --apply --data %[4]s' makes what can be made of its recordings",
		r.From, ErrUnverified, why, r.dir, strings.Join(parts, " "))
}

// withoutSome is the error of a backup of which n files were not restored.
func (r *restore) withoutSome(n int) error {
	files := "files"
	if n == 1 {
		files = "file"
	}
	return fmt.Errorf("%w: %d %s of %d, named above, gone from it or not what was put there. All else was restored: "+
		"copy them from another backup to the same places below %s, then run 'glennline reconcile --verify-hashes --data %[5]s'",
		ErrUnverified, n, files, n+r.done.Files, r.dir)
}
