// Package seal makes files provable to people who have nothing but the files.
// Beside them lies a manifest: what they are, of which moment, how many rows
// have which status, the head of the audit chain, and the SHA-256 of every file.
// It is signed with the campaign's key, and its own hash can be published.
//
// A single file and a folder are sealed alike:
//
//	FILE                         DIR/…
//	FILE.manifest.json           DIR/manifest.json
//	FILE.manifest.json.minisig   DIR/manifest.json.minisig
//
// The manifest of a folder names everything in it, but itself and its
// signature. Each file stands on a line of its own as sha256sum would print it,
// so that grep, sha256sum and minisign are enough to check it:
//
//	grep -oE '[0-9a-f]{64}  [^"]+' manifest.json | sha256sum -c
//	minisign -Vm manifest.json -P PUBLICKEY
//
// To seal a folder, fill a Manifest (Add for each file), call Write with the
// campaign's Key, or with nil where there is none, and Close it. Verify proves all of
// it again, without database and configuration. Neither has the files of a folder in
// memory, however many there are. The package knows neither where rows come from nor
// how they are written: Verification.Rows brings a reader for each format.
package seal
