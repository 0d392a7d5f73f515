package fallback_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glennline/ops/fallback"
	"glennline/petition"
	"glennline/petition/caller"
	"glennline/petition/callid"
	"glennline/petition/sqlite"
	"glennline/voicemail/archive"
)

const number = "+32470555019"

// house is a data folder with one recording of the dialplan's in its spool.
type house struct {
	dir  string
	db   *sqlite.DB
	in   *fallback.Ingester
	path string // of the recording

	secret *caller.Secret
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{dir: t.TempDir()}
	var err error
	if h.db, err = sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(h.dir, "glennline.db")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.db.Close() })
	secret, err := caller.OpenSecret(filepath.Join(h.dir, "secret"))
	if err != nil {
		t.Fatal(err)
	}
	if err := h.db.BindSecret(t.Context(), secret.ID, secret.Check()); err != nil {
		t.Fatal(err)
	}
	h.secret = secret
	store, err := archive.Open(filepath.Join(h.dir, "archive"), filepath.Join(h.dir, "quarantine"))
	if err != nil {
		t.Fatal(err)
	}
	h.in = &fallback.Ingester{Ledger: h.db, Store: store, Secret: secret, Region: func(string) string { return "BE" }}
	h.path = filepath.Join(h.dir, "spool", "fallback", "main~0123456789ab~fr~gl-1763814000.7.wav")
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		t.Fatal(err)
	}
	voice, err := os.ReadFile("../../voicemail/prompts/placeholder/fr/again.wav")
	if err != nil {
		t.Fatal(err)
	}
	h.write(t, h.path, voice)
	return h
}

func (h *house) write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// beside writes what the dialplan writes beside a recording.
func (h *house) beside(t *testing.T, presentation, sealed string) {
	t.Helper()
	text := "sip_call_id=" + url.QueryEscape("a@b c") + "&dialled=%2B3225550100&presentation=" + presentation + "&sealed=" + url.QueryEscape(sealed)
	h.write(t, strings.TrimSuffix(h.path, ".wav")+".call", []byte(text))
}

// seal does what Asterisk's AES_ENCRYPT does.
func (h *house) seal(t *testing.T, text string) string {
	t.Helper()
	cipher, err := aes.NewCipher([]byte(h.secret.SealKey()))
	if err != nil {
		t.Fatal(err)
	}
	blocks := make([]byte, (len(text)+15)/16*16)
	copy(blocks, text)
	for i := 0; i < len(blocks); i += 16 {
		cipher.Encrypt(blocks[i:], blocks[i:])
	}
	return base64.StdEncoding.EncodeToString(blocks)
}

func (h *house) ingest(t *testing.T) sqlite.CallRow {
	t.Helper()
	in, err := h.in.Ingest(t.Context(), h.path)
	if err != nil {
		t.Fatal(err)
	}
	row, err := h.db.Call(t.Context(), in.CallID)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func TestIngest(t *testing.T) {
	h := open(t)
	h.beside(t, "allowed_not_screened", h.seal(t, "4711-"+number))
	row := h.ingest(t)
	if row.Call.Line != "main" || row.Call.UniqueID != "gl-1763814000.7" || row.Call.System != "gl" ||
		row.Call.SIPCallID != "a@b c" || row.Call.Dialled != "+3225550100" {
		t.Errorf("the call came out as %+v", row.Call)
	}
	if row.Call.Caller.Class != petition.ClassMobile || row.Call.Caller.Pseudonym != h.secret.Pseudonym(number) {
		t.Errorf("the caller came out as %+v", row.Call.Caller)
	}
	if got := row.Closing.Ending.String(); got != "message/fallback" {
		t.Errorf("ended %s", got)
	}
	if c := row.Closing.Consent; !c.Complete || c.Notice != "0123456789ab" || c.Language != "fr" {
		t.Errorf("consent %+v", c)
	}
	if row.Signature == nil || row.Signature.Status != petition.StatusCounted {
		t.Errorf("signature %+v", row.Signature)
	}
	if left := spool(t, h); len(left) > 0 {
		t.Errorf("left in the spool: %q", left)
	}
	noNumber(t, h.dir)
}

func TestIngestWithheld(t *testing.T) {
	h := open(t)
	h.beside(t, "prohib_not_screened", "")
	if row := h.ingest(t); row.Call.Caller.Class != petition.ClassWithheld || row.Call.Caller.Pseudonym != "" {
		t.Errorf("the caller came out as %+v", row.Call.Caller)
	}
}

// The voice wins over the row: what lies beside it may be lost, cut, or sealed
// under a secret that is gone.
func TestIngestWithoutCaller(t *testing.T) {
	for name, beside := range map[string]func(t *testing.T, h *house){
		"nothing beside it": func(*testing.T, *house) {},
		"an empty note":     func(t *testing.T, h *house) { h.write(t, strings.TrimSuffix(h.path, ".wav")+".call", nil) },
		"cut":               func(t *testing.T, h *house) { h.beside(t, "allowed", h.seal(t, "4711-"+number)[:10]) },
		"other secret": func(t *testing.T, h *house) {
			h.beside(t, "allowed", base64.StdEncoding.EncodeToString(make([]byte, 16)))
		},
		"not even a sentence": func(t *testing.T, h *house) { h.write(t, strings.TrimSuffix(h.path, ".wav")+".call", []byte("%zz;")) },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			beside(t, h)
			row := h.ingest(t)
			if row.Call.Caller.Pseudonym != "" || row.Call.Caller.Class != petition.ClassUnknown || row.Signature == nil {
				t.Errorf("caller %+v, signature %+v", row.Call.Caller, row.Signature)
			}
			// What is beside it says that there was a call, or nothing does.
			want := petition.StatusReview
			if name == "cut" || name == "other secret" {
				want = petition.StatusCounted
			}
			if row.Signature != nil && row.Signature.Status != want {
				t.Errorf("the signature is %s (%s), want %s", row.Signature.Status, row.Signature.StatusReason, want)
			}
			// What could not be read may be, once the secret is back: it is kept.
			kept, err := filepath.Glob(filepath.Join(h.dir, "quarantine", "*.call"))
			if err != nil {
				t.Fatal(err)
			}
			unread := name != "nothing beside it" && name != "an empty note"
			if unread != (len(kept) == 1) {
				t.Errorf("in the quarantine: %q", kept)
			}
		})
	}
}

// A recording without a note counts if Asterisk's log or a row knows its call, and
// is reviewed if nothing does, also when it is looked at again after a crash.
func TestIngestOfWhatNobodyVouchesFor(t *testing.T) {
	for name, c := range map[string]struct {
		known func(t *testing.T, h *house)
		want  petition.Status
	}{
		"nothing": {func(*testing.T, *house) {}, petition.StatusReview},
		"asterisk's log": {func(t *testing.T, h *house) {
			answered := petition.ChannelEvent{Kind: petition.ChannelAnswered, UniqueID: "gl-1763814000.7", At: time.Unix(1763814001, 0)}
			if err := h.db.ImportWitness(t.Context(), sqlite.WitnessLog{Path: "log", Inode: 1, Offset: 1}, []petition.ChannelEvent{answered}); err != nil {
				t.Fatal(err)
			}
		}, petition.StatusCounted},
		"a row": {func(t *testing.T, h *house) {
			at := time.Unix(1763814000, 0)
			if err := h.db.Begin(t.Context(), petition.Call{
				ID: callid.Derive("gl", "gl-1763814000.7", at), System: "gl", UniqueID: "gl-1763814000.7",
				StartedAt: at, Caller: petition.Caller{Class: petition.ClassUnknown},
			}); err != nil {
				t.Fatal(err)
			}
		}, petition.StatusCounted},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			c.known(t, h)
			crashed := *h.in
			crashed.Ledger = &crashing{Ledger: h.db, after: 1}
			if _, err := crashed.Ingest(t.Context(), h.path); !errors.Is(err, errCrash) {
				t.Fatal(err)
			}
			row := h.ingest(t)
			if row.Signature == nil || row.Signature.Status != c.want || row.Closing.Consent.Complete != (c.want == petition.StatusCounted) {
				t.Errorf("signature %+v, consent %+v, want it %s", row.Signature, row.Closing.Consent, c.want)
			}
		})
	}
}

// A crash at any point leaves what the next run completes.
func TestIngestAgain(t *testing.T) {
	h := open(t)
	h.beside(t, "allowed", h.seal(t, "4711-"+number))
	failing := &crashing{Ledger: h.db}
	in := *h.in
	in.Ledger = failing
	for failing.after = 0; failing.after < 2; failing.after++ {
		if _, err := in.Ingest(t.Context(), h.path); !errors.Is(err, errCrash) {
			t.Fatalf("crash %d: %v", failing.after, err)
		}
		if len(spool(t, h)) != 2 {
			t.Fatalf("crash %d: the recording or what lies beside it is gone before the row is on disk", failing.after)
		}
	}
	first := h.ingest(t)
	if _, err := h.in.Ingest(t.Context(), h.path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a recording that was brought in: %v, want that it is not there", err)
	}
	if first.Signature == nil {
		t.Error("no signature")
	}
}

// Where the dialplan could not write the note, it did not answer.
func TestIngestRefused(t *testing.T) {
	h := open(t)
	if err := os.Remove(h.path); err != nil {
		t.Fatal(err)
	}
	h.path = strings.TrimSuffix(h.path, ".wav") + ".call"
	h.write(t, h.path, nil)
	row := h.ingest(t)
	if got := row.Closing.Ending.String(); got != "refused/no_room" || !row.Closing.AnsweredAt.IsZero() || row.Signature != nil {
		t.Errorf("ended %s, answered at %v, signature %v", got, row.Closing.AnsweredAt, row.Signature)
	}
	if left := spool(t, h); len(left) > 0 {
		t.Errorf("left in the spool: %q", left)
	}
}

var errCrash = errors.New("crash")

// crashing fails at a step, as a process that dies there would.
type crashing struct {
	fallback.Ledger
	after int
}

func (c *crashing) Settle(ctx context.Context, call petition.Call, closing petition.Closing) (*petition.Signature, error) {
	if c.after == 0 {
		return nil, errCrash
	}
	sig, err := c.Ledger.Settle(ctx, call, closing)
	return sig, errors.Join(err, errCrash)
}

func TestIngestUnusable(t *testing.T) {
	h := open(t)
	h.beside(t, "allowed", h.seal(t, "4711-"+number))
	h.write(t, h.path, []byte(strings.Repeat("no WAV at all ", 50)))
	if row := h.ingest(t); row.Signature != nil || row.Closing.Ending.Result != petition.ResultFailed {
		t.Errorf("ended %s with signature %v", row.Closing.Ending, row.Signature)
	}
	if left := spool(t, h); len(left) > 0 {
		t.Errorf("left in the spool: %q", left)
	}
	kept, err := filepath.Glob(filepath.Join(h.dir, "quarantine", "*.wav"))
	if err != nil || len(kept) != 1 {
		t.Errorf("in the quarantine: %q, %v", kept, err)
	}
}

func spool(t *testing.T, h *house) []string {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(h.dir, "spool", "fallback", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return left
}

func noNumber(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err == nil && bytes.Contains(raw, []byte("470555019")) {
			t.Errorf("%s holds the caller's number", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A number that was sealed before the secret was replaced is opened all the same,
// and its caller known under both.
func TestIngestAfterARotation(t *testing.T) {
	h := open(t)
	folder := filepath.Join(h.dir, "secrets")
	fresh, err := caller.NewSecret(folder)
	if err != nil {
		t.Fatal(err)
	}
	before := petition.Call{
		ID: "01HZZZZZZZZZZZZZZZZZZZZZZZ", System: "gl", UniqueID: "gl-1.1", StartedAt: time.Unix(1763813000, 0),
		Caller: h.secret.Identify(number, "allowed", "BE"),
	}
	if err := h.db.Begin(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	if err := caller.Install(filepath.Join(h.dir, "secret"), folder, fresh.ID); err != nil {
		t.Fatal(err)
	}
	ring, err := caller.ReadRing(filepath.Join(h.dir, "secret"), folder)
	if err != nil {
		t.Fatal(err)
	}
	h.in.Secret = ring
	h.beside(t, "allowed_not_screened", h.seal(t, "4711-"+number))
	row := h.ingest(t)
	if row.Call.Caller.Pseudonym != fresh.Pseudonym(number) || row.Call.Caller.KeyID != fresh.ID {
		t.Errorf("the caller came out as %+v", row.Call.Caller)
	}
	if earlier, err := h.db.Call(t.Context(), before.ID); err != nil || earlier.Call.Caller.Pseudonym != fresh.Pseudonym(number) {
		t.Errorf("the call before has %+v, %v", earlier.Call.Caller, err)
	}
	noNumber(t, h.dir)
}

// Of a call whose person was erased nothing comes back.
func TestIngestOfWhatWasErased(t *testing.T) {
	for name, alone := range map[string]bool{"a recording": false, "a note": true} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			h.in.Erased = func(string) bool { return true }
			h.beside(t, "allowed_not_screened", h.seal(t, "4711-"+number))
			if alone {
				if err := os.Remove(h.path); err != nil {
					t.Fatal(err)
				}
				h.path = strings.TrimSuffix(h.path, ".wav") + ".call"
			}
			row := h.ingest(t)
			if row.Closing == nil || row.Closing.Voice != nil || row.Call.Caller.Pseudonym != "" || row.Call.SIPCallID != "" {
				t.Errorf("%+v, %+v", row.Call, row.Closing)
			}
			if left := spool(t, h); len(left) > 0 {
				t.Errorf("left in the spool: %q", left)
			}
			noNumber(t, h.dir)
		})
	}
}
