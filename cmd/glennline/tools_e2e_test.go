//go:build e2e

package main

import "testing"

// TestWithOtherTools runs the scripts that want programs of others.
func TestWithOtherTools(t *testing.T) { runScripts(t, "testdata/tools") }
