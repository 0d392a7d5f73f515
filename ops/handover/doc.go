// Package handover makes the folder for the day on which the phone is handed over:
// the signatures that may leave, the report, papers, and the voices that a person
// accepted for it, with a page that plays them without a network.
//
//	index.html             the count, and the voices one after the other
//	voices/00001.wav …     in the order of their calls; a number says nothing of whom
//	signatures.csv         package export
//	report.html            package report
//	papers/…               what was attached
//	manifest.json          package seal; with a key beside it manifest.json.minisig
//
// Encrypted, all of that is one file, in age's format, which age and tar open too.
// The folder around it is sealed as well, so that it can be proved unopened:
//
//	index.html             the count, and how to open the rest
//	handover.tar.age       the folder above
//	manifest.json
//
// Nothing is encrypted by means of our own, and therefore nothing encrypted plays
// in the browser: Open makes the folder that does.
package handover
