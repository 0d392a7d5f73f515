//go:build heavy

package main

import (
	"os"
	"testing"
	"time"
)

// The short version: 100 calls, 10 kills.
func TestShort(t *testing.T) {
	t.Chdir("..") // where the prompts lie, and glennline's source
	result, err := run(t.Context(), plan{answered: 100, kills: 10, rate: 4, seed: 22, limit: 5 * time.Minute}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	for _, trouble := range result.troubles {
		t.Error(trouble)
	}
	if !result.sound() || result.answered < 100 || result.kills < 10 {
		t.Error(result)
	}
	t.Log(result)
}
