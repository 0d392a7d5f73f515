// Package prompts keeps what a caller hears: for each line a set of five
// prompts, checked, in the form in which Asterisk plays them for nothing, and
// replaceable while calls run.
//
// A set is a folder of WAV files of 8 kHz, 16 bit, one channel:
//
//	name.wav     the person's name, in their own voice
//	notice.wav   what leaving a name means: who, what for, how long, how to withdraw
//	beep.wav     the tone after which the recording begins
//	again.wav    asks once more a caller who said nothing
//	busy.wav     asks to call again later
//
// Their words belong beside them (name.txt and so on). A line without a folder
// speaks the placeholders of its language, made by placeholder/generate.
//
// What is played is raw A-law in a cache, addressed by content and never
// overwritten, so that a call in progress ends with the set it began with:
//
//	CACHE/<version>/name.alaw notice.alaw beep.alaw again.alaw
//	CACHE/busy-<hash>.alaw
//
// The version is the evidence of what a caller was told. It is the first 12
// hex digits of the SHA-256 over the samples (16 bit, little endian) of name,
// notice, beep and again, one after the other, so that anybody can check it:
//
//	for p in name notice beep again; do sox $p.wav -t raw -; done | sha256sum
package prompts

import "time"

// Set is the prompts in force for a line. Name, Notice, Beep, Again and Busy
// are media for Asterisk: absolute paths without their extension (.alaw).
type Set struct {
	Version  string // 12 hex digits, see the package
	Language string // as configured for the line

	Name   string
	Notice string
	Beep   string
	Again  string
	Busy   string

	NameLength   time.Duration
	NoticeLength time.Duration
	BusyLength   time.Duration
}

// prompt is one of the five; its text is the file's name without extension.
type prompt int

const (
	promptName prompt = iota
	promptNotice
	promptBeep
	promptAgain
	promptBusy

	promptCount = iota
)

var promptNames = [promptCount]string{"name", "notice", "beep", "again", "busy"}

func (p prompt) String() string { return promptNames[p] }
