// Package sqlite is the ledger: every call, how it ended, what was heard before
// the beep, the voice it left and what that counts for, in one SQLite file.
//
// What lies on disk, all of mode 0600:
//
//	petition.db       the tables of migrations/*.sql, which say what is in them
//	petition.db-wal   the latest commits, until SQLite copies them over
//	petition.db-shm   an index of the former; holds nothing that is needed
//
// Nothing is acknowledged before it is on disk: the write-ahead log is synced
// with every commit (synchronous=FULL), and Begin, End and Settle return after
// the commit did. One goroutine writes. While it waits for the disk, requests
// collect; it takes all of them into its next transaction, each in a savepoint,
// so that many calls share one sync and a bad row fails alone. An ending, which
// no caller waits for, may wait for a beginning to go with (EndWithin).
//
// No number of a caller reaches this package, only pseudonyms; one whose
// consent is not complete when the call ends is erased in the transaction that
// ends the call.
package sqlite
