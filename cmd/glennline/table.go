package main

import "github.com/jedib0t/go-pretty/v6/table"

// newTable is a table for a terminal, without lines around it.
func newTable(header ...any) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.AppendHeader(header)
	return t
}
