package voicemail

import (
	"path"
	"strings"

	"glennline/petition"
)

// spoolName is the name of a recording in the spool: 2026-11-22/<ULID>~<version
// of the notice>~<language>. What was heard stands in the name, because a file
// outlives the process that knew it.
func spoolName(call petition.Call, consent petition.Consent) string {
	return call.StartedAt.Format(spoolDay) + "/" + consentName(call, consent)
}

// spoolDay is the name of the folder that a call's recording is in.
const spoolDay = "2006-01-02"

func consentName(call petition.Call, consent petition.Consent) string {
	return strings.Join([]string{call.ID, consent.Notice, consent.Language}, "~")
}

// ParseSpoolName reads the name of a recording in the spool, with or without
// its folder and extension. A recording is only begun after the notice played
// to its end, so the consent is complete.
func ParseSpoolName(name string) (callID string, consent petition.Consent, ok bool) {
	base := strings.TrimSuffix(path.Base(name), ".wav")
	parts := strings.Split(base, "~")
	if len(parts) != 3 || len(parts[0]) != 26 {
		return "", petition.Consent{}, false
	}
	return parts[0], petition.Consent{Notice: parts[1], Language: parts[2], Complete: true}, true
}
