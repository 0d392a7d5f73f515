package rebuild

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"

	"glennline/petition"
	"glennline/petition/audit"
	"glennline/petition/sqlite"
)

// kindRebuild is the first entry of the new chain: it holds the hash with which
// the old one ended.
const kindRebuild petition.AuditKind = "rebuild"

// history is what the old audit chain's file tells.
type history struct {
	entries int64
	head    string
	decided map[string][]decision // by signature, those that stand, in their order
	erased  map[string]bool       // recordings that must not come back
	kpis    map[sideFigure]petition.AuditEntry

	verdicts  map[string]petition.Verdict // the latest that the chain tells of, by signature
	takenBack map[string]takenBack        // verdicts of dedupe, by signature, where nothing was judged since

	accepted map[string]decision // for the handover, by signature, those that stand; without status
}

// decision is a status that a person gave.
type decision struct {
	seq    int64
	run    string
	status petition.Status
	actor  string
}

// readHistory reads the chain's file as far as each entry fits to the one
// before; broken says where that ends.
func readHistory(path string) (h history, broken, err error) {
	h = history{head: petition.AuditStart, decided: make(map[string][]decision), erased: make(map[string]bool), kpis: make(map[sideFigure]petition.AuditEntry), accepted: make(map[string]decision), verdicts: make(map[string]petition.Verdict), takenBack: make(map[string]takenBack)}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return h, nil, nil
	}
	if err != nil {
		return h, nil, err
	}
	defer f.Close()
	for in := bufio.NewReaderSize(f, 1<<16); ; {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return h, nil, nil // the rest of a line is one that a crash cut
		}
		if err != nil {
			return h, nil, err
		}
		var e petition.AuditEntry
		if json.Unmarshal(line, &e) != nil || e.Seq != h.entries+1 || e.Previous != h.head || e.Hash != e.Sum() {
			return h, fmt.Errorf("entry %d: %w", h.entries+1, audit.ErrBroken), nil
		}
		h.entries, h.head = e.Seq, e.Hash
		h.take(e)
	}
}

func (h *history) take(e petition.AuditEntry) {
	switch e.Kind {
	case petition.AuditStatus:
		if sqlite.VoidsAcceptance(petition.Status(e.Detail["to"])) {
			delete(h.accepted, e.Subject)
		}
		h.takeStatus(e)
	case petition.AuditAccept:
		h.accepted[e.Subject] = decision{seq: e.Seq, run: e.Detail["run"], actor: e.Actor}
	case petition.AuditUndo:
		maps.DeleteFunc(h.accepted, func(_ string, d decision) bool { return d.run == e.Detail["run"] })
		for id, all := range h.decided {
			h.decided[id] = slices.DeleteFunc(all, func(d decision) bool { return d.run == e.Detail["run"] })
		}
	case petition.AuditErase:
		h.erased[e.Subject] = true
		delete(h.decided, e.Subject)
		delete(h.accepted, e.Subject)
		delete(h.takenBack, e.Subject)
	case petition.AuditKPI:
		h.takeKPI(e)
	case petition.AuditPlay, petition.AuditFreeze, petition.AuditShow, petition.AuditExport, petition.AuditPurge, petition.AuditSecret, petition.AuditRemeasure,
		petition.AuditName: // of free text the chain has no more than a hash
	}
}

// decisions gives the signatures again what people have decided, and begins the
// new chain with the hash of the old.
func (r *run) decisions(ctx context.Context) error {
	if r.old.entries > 0 {
		err := r.db.Audit(ctx, petition.AuditEntry{
			Actor:  r.Actor,
			Kind:   kindRebuild,
			Detail: map[string]string{"entries": strconv.FormatInt(r.old.entries, 10), "head": r.old.head},
		}, "")
		if err != nil {
			return err
		}
	}
	last := make(map[string]decision)
	for id, all := range r.old.decided {
		if len(all) > 0 {
			last[id] = all[len(all)-1]
		}
	}
	ids := slices.SortedFunc(maps.Keys(last), func(a, b string) int { return int(last[a].seq - last[b].seq) })
	for _, id := range ids {
		d := last[id]
		_, err := r.db.Decide(ctx, sqlite.Decision{
			IDs: []string{id}, Status: d.status, Actor: d.actor,
			Reason: fmt.Sprintf("decided before the database was lost, in entry %d of its audit chain", d.seq),
		})
		switch {
		case errors.Is(err, petition.ErrTransition) && d.status == petition.StatusReview:
			r.report.Decisions++ // there it is
		case errors.Is(err, petition.ErrTransition), errors.Is(err, sqlite.ErrNoSignature):
			r.refuse("decision of "+d.actor, err)
		case err != nil:
			return err
		default:
			r.report.Decisions++
		}
	}
	return nil
}

// acceptances accepts again for the handover what was accepted. What does not
// count any more, as far as is known, is left to a person.
func (r *run) acceptances(ctx context.Context) error {
	ids := slices.SortedFunc(maps.Keys(r.old.accepted), func(a, b string) int { return int(r.old.accepted[a].seq - r.old.accepted[b].seq) })
	for _, id := range ids {
		d := r.old.accepted[id]
		_, err := r.db.Accept(ctx, []string{id}, d.actor)
		switch {
		case errors.Is(err, sqlite.ErrNotCounted), errors.Is(err, sqlite.ErrNoSignature):
			r.refuse("acceptance by "+d.actor, err)
		case err != nil:
			return err
		}
	}
	return nil
}
