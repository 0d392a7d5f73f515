package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"glennline/petition"
)

// The heads of a new signature's groups, beside itself. Most calls need no more
// of their groups, however large these are.
//
// Their parameters stand behind a plus sign. Without it, SQLite looks whether a
// value that something is to be equal to is 0 or 1, and prepares the statement
// anew whenever another is bound (3.54, sqlite3ExprIsInteger).
const audioHead = selectFacts + `
FROM voices AS v
CROSS JOIN signatures AS s ON s.call_id = v.call_id
CROSS JOIN calls AS c ON c.id = s.call_id
WHERE v.audio_sha256 = +?1
AND v.call_id <> +?2
AND coalesce(s.decided, s.own_status) <> 'blank'
ORDER BY c.started_at, c.id
LIMIT 1`

// knownHead is audioHead where repeats name it already, and then it need not
// be looked for among all of them.
const knownHead = selectFacts + `
FROM (
	SELECT s.duplicate_of AS id
	FROM voices AS v
	CROSS JOIN signatures AS s ON s.call_id = v.call_id
	WHERE v.audio_sha256 = +?1
	AND v.call_id <> +?2
	AND s.status_reason = 'same_audio'
	LIMIT 1
) AS known
CROSS JOIN signatures AS s ON s.call_id = known.id
CROSS JOIN calls AS c ON c.id = s.call_id
LEFT JOIN voices AS v ON v.call_id = s.call_id
ORDER BY c.id`

// callerHead is the first that takes the line's place, whether it has it or not.
const callerHead = selectFacts + `
FROM calls AS c INDEXED BY calls_by_caller
CROSS JOIN signatures AS s ON s.call_id = c.id
LEFT JOIN voices AS v ON v.call_id = s.call_id
WHERE c.caller_pseudonym = +?1
AND c.id <> +?2
AND (s.status = 'counted' OR s.decided IN ('withdrawn', 'confidential') OR s.status_reason IN ('same_mobile', 'household', 'same_line'))
ORDER BY c.started_at, c.id
LIMIT 1`

// errWhole says that the head of a group does not tell the verdict on a new
// signature, such as where that comes before it: the whole group has to be judged.
var errWhole = errors.New("the head does not tell")

// head reads the first signature of a group, nil if there is none.
func (s *session) head(ctx context.Context, query, key string, than petition.Facts) (*standing, error) {
	stmt, err := s.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	first, err := scanStanding(stmt.QueryRowContext(ctx, key, than.ID).Scan)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case petition.Before(than, first.Facts) < 0:
		return nil, errWhole
	}
	return &first, nil
}

// second is the verdict on a new one that takes the place of a line, by the first
// of those that do. None of them counts by the rule where another one keeps the
// place, and a duplicate names that one.
func second(f petition.Facts, first standing) (petition.Verdict, error) {
	switch {
	case first.Keeps(), first.Decided == "" && first.Status == petition.StatusCounted:
		return f.Second(first.ID), nil
	case first.Decided == "" && first.Reason == petition.StatusReasonSameMobile && first.Of != "":
		return f.Second(first.Of), nil
	case first.Decided == "" && f.Class != petition.ClassMobile:
		return f.Second(""), nil
	}
	return f.Alone(), errWhole // a person counted it, and perhaps another one keeps the place
}

// judge is the verdict on a new signature, of which the voice is stored already,
// by the heads of its groups alone; errWhole if that does not do.
func judge(ctx context.Context, s *session, f petition.Facts) (petition.Verdict, error) {
	verdict := f.Alone()
	if f.Compared() {
		first, err := s.head(ctx, knownHead, f.AudioSHA256, f)
		if err == nil && first == nil {
			first, err = s.head(ctx, audioHead, f.AudioSHA256, f)
		}
		if err != nil {
			return verdict, err
		}
		if first != nil {
			return petition.Repeat(first.ID), nil
		}
	}
	if f.Takes() {
		first, err := s.head(ctx, callerHead, f.Pseudonym, f)
		if err != nil {
			return verdict, err
		}
		if first != nil {
			return second(f, *first)
		}
	}
	return verdict, nil
}

// cause is why signatures are judged anew, for the audit chain.
type cause struct {
	at     time.Time
	about  string // the signature that a person decided on, "" for none
	actor  string // who decided; what follows for others is the rule's change
	run    int64  // 0 for none
	reason string // free text
	dedupe bool   // a run of dedupe, which can be taken back
	quiet  string // a signature that is new, and whose first verdict is no change
}

// regroup judges anew the signature, everything with the same samples, and
// everything from the lines that this touches; and writes what changes.
func regroup(ctx context.Context, s *session, id string, why cause) error {
	_, err := regroupCounted(ctx, s, id, why)
	return err
}

// regroupCounted is regroup, and says how many verdicts it changed.
func regroupCounted(ctx context.Context, s *session, id string, why cause) (int, error) {
	seed, err := s.standings(ctx, factsOf, id)
	if err != nil || len(seed) == 0 {
		return 0, err
	}
	return regroupKeys(ctx, s, seed[0].AudioSHA256, seed[0].Pseudonym, seed, why)
}

// regroupKeys is regroup of whatever has the samples or is from the line, and says
// how many verdicts it changed.
func regroupKeys(ctx context.Context, s *session, audio, pseudonym string, seeds []standing, why cause) (int, error) {
	changes, err := verdicts(ctx, s, audio, pseudonym, seeds)
	if err != nil {
		return 0, err
	}
	for _, c := range changes {
		if err := restate(ctx, s, c.ID, c.From, c.To, why); err != nil {
			return 0, err
		}
	}
	return len(changes), nil
}

// verdicts says what the rule changes, by id, of all with the samples, all from
// the line, the seeds, and all from the lines of those whose samples repeat
// others than before. What repeats does not depend on lines, so that the samples
// come first, and no line outside has to be looked at.
func verdicts(ctx context.Context, s *session, audio, pseudonym string, seeds []standing) ([]Change, error) {
	before, touched := map[string]standing{}, map[string]standing{}
	for _, st := range seeds {
		before[st.ID], touched[st.ID] = st, st
	}
	repeats := map[string]string{}
	if audio != "" {
		same, err := s.standings(ctx, factsByAudio, audio)
		if err != nil {
			return nil, err
		}
		facts := make([]petition.Facts, len(same))
		for i, st := range same {
			facts[i] = st.Facts
			before[st.ID] = st
		}
		repeats = petition.Repeats(facts)
		for _, st := range same {
			if repeats[st.ID] != repeated(st) {
				touched[st.ID] = st
			}
		}
	}
	after := map[string]petition.Verdict{}
	for _, st := range touched {
		if st.Pseudonym == "" {
			maps.Copy(after, petition.Lines([]petition.Facts{st.Facts}, repeats))
		}
	}
	for _, pseudonym := range pseudonyms(touched, pseudonym) {
		line, err := s.standings(ctx, factsByCaller, pseudonym)
		if err != nil {
			return nil, err
		}
		facts := make([]petition.Facts, len(line))
		for i, st := range line {
			facts[i] = st.Facts
			if original := repeated(st); original != "" && st.AudioSHA256 != audio {
				repeats[st.ID] = original // of other samples, which nothing changed
			}
			before[st.ID] = st
		}
		maps.Copy(after, petition.Lines(facts, repeats))
	}
	var changes []Change
	for _, id := range slices.Sorted(maps.Keys(after)) {
		if after[id] != before[id].Verdict {
			changes = append(changes, Change{ID: id, From: before[id].Verdict, To: after[id]})
		}
	}
	return changes, nil
}

// repeated is what a signature repeats by the verdict that stands.
func repeated(st standing) string {
	if st.Reason != petition.StatusReasonSameAudio {
		return ""
	}
	return st.Of
}

// pseudonyms are those of all, and one more.
func pseudonyms(all map[string]standing, more string) []string {
	lines := map[string]bool{}
	if more != "" {
		lines[more] = true
	}
	for _, st := range all {
		if st.Pseudonym != "" {
			lines[st.Pseudonym] = true
		}
	}
	return slices.Sorted(maps.Keys(lines))
}

const restateSignature = `
UPDATE signatures SET
	status        = ?2,
	status_reason = ?3,
	duplicate_of  = ?4,
	actor         = ?5,
	changed_at    = ?6
WHERE call_id = ?1`

// restate writes another verdict on a signature that had one.
func restate(ctx context.Context, s *session, id string, from, to petition.Verdict, why cause) error {
	actor, free := petition.ActorRule, ""
	if id == why.about {
		actor, free = why.actor, why.reason
	}
	_, err := s.exec(ctx, restateSignature, id, string(to.Status), to.Reason, text(to.Of), actor, millis(why.at))
	if err != nil || id == why.quiet {
		return err
	}
	if why.dedupe {
		_, err := s.exec(ctx, insertRejudged, why.run, id, string(from.Status), from.Reason, from.Of, string(to.Status), to.Reason, to.Of)
		if err != nil {
			return err
		}
	}
	return s.audit(ctx, petition.AuditEntry{
		At:      why.at,
		Actor:   actor,
		Kind:    petition.AuditStatus,
		Subject: id,
		Detail:  statusDetail(from, to, why.run),
	}, free)
}
