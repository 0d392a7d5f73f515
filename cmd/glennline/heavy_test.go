//go:build heavy

package main

import "testing"

// TestHeavyCommands runs the scripts that mount, or take much memory.
func TestHeavyCommands(t *testing.T) { runScripts(t, "testdata/heavy") }
