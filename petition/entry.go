package petition

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// AuditEntry is a link of the audit chain: something that was done to a
// signature or with it, by whom. It holds codes, and of free text nothing but
// a salted hash, so that the text can be erased and the chain still holds.
type AuditEntry struct {
	Seq      int64             `json:"seq"` // 1, 2, 3…
	At       time.Time         `json:"at"`  // UTC, to the millisecond
	Actor    string            `json:"actor"`
	Kind     AuditKind         `json:"kind"`
	Subject  string            `json:"subject,omitempty"`     // a signature, the moment of a figure, or the name of a side figure
	Detail   map[string]string `json:"detail,omitempty"`      // codes and numbers
	TextHash string            `json:"text_sha256,omitempty"` // hex SHA-256 of salt and text
	Previous string            `json:"previous"`              // Hash of the entry before; of the first, 64 zeros
	Hash     string            `json:"hash,omitempty"`
}

// AuditKind is what was done.
type AuditKind string

// The kinds of entries.
const (
	AuditStatus AuditKind = "status" // a signature's status changed
	AuditErase  AuditKind = "erase"  // the person behind a call was erased, with the voice and what it counted for
	AuditUndo   AuditKind = "undo"   // a run was undone
	AuditPlay   AuditKind = "play"   // a recording was handed out to be heard
	AuditShow   AuditKind = "show"   // what is stored about a person was shown
	AuditExport AuditKind = "export" // rows of signatures, or what is stored about a person, were handed out
	AuditPurge  AuditKind = "purge"  // what was kept for long enough was removed
	AuditSecret AuditKind = "secret" // the secret of the pseudonyms was replaced, or one was destroyed
	AuditFreeze AuditKind = "freeze" // a figure was fixed for a moment
	AuditKPI    AuditKind = "kpi"    // a side figure was set, replaced or removed
	AuditAccept AuditKind = "accept" // a voice was accepted for the handover
	AuditName   AuditKind = "name"   // the name that was heard was typed, or removed

	AuditRemeasure AuditKind = "remeasure" // recordings were judged anew, by which thresholds
)

// AuditStart is what the first entry has as its previous.
const AuditStart = "0000000000000000000000000000000000000000000000000000000000000000"

// Sum is the hash that belongs to the entry: hex SHA-256 of its JSON without
// the hash, keys in the order of the fields, those of Detail sorted.
func (e AuditEntry) Sum() string {
	e.Hash = ""
	sum := sha256.Sum256(e.Line())
	return hex.EncodeToString(sum[:])
}

// Line is the entry as JSON on one line, without a newline.
func (e AuditEntry) Line() []byte {
	e.At = e.At.UTC().Truncate(time.Millisecond)
	line, err := json.Marshal(e)
	if err != nil { // a time past the year 9999
		return []byte(err.Error())
	}
	return line
}

// TextSum is the salted hash of a free text.
func TextSum(salt, text string) string {
	sum := sha256.Sum256([]byte(salt + "\n" + text))
	return hex.EncodeToString(sum[:])
}
