// Package export writes the signatures that may leave, for people who were not
// there: as CSV, JSON Lines or XLSX, each with the same columns, and with what the
// law says of them in each row. The same data gives the same bytes.
//
// Rows stream from a snapshot of the ledger to a writer and are never together
// in memory. While one goroutine reads the ledger, the other looks at the
// recordings and writes.
package export
