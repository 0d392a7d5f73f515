package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"

	described "glennline/bench/machine"
)

// machine is what the figures were taken on, and who called whom.
type machine struct {
	described.Machine
	Asterisk string `json:"asterisk"`
	SIPp     string `json:"sipp"`
}

func (m machine) String() string {
	return fmt.Sprintf("%s\nAsterisk %s, SIPp %s, %s", m.Hardware(), m.Asterisk, m.SIPp, m.Program())
}

// describe is machine.Describe, and what else takes part.
func describe(ctx context.Context, asterisk, folder, binary, tree string) (machine, error) {
	m := machine{Asterisk: asterisk, SIPp: "unknown"}
	var err error
	if m.Machine, err = described.Describe(ctx, folder, binary, tree); err != nil {
		return m, err
	}
	said, _ := exec.CommandContext(ctx, "sipp", "-v").CombinedOutput() // it ends with 99
	if version := regexp.MustCompile(`SIPp (v[0-9][^\s]*[0-9A-Z])`).FindSubmatch(said); version != nil {
		m.SIPp = string(version[1])
	}
	return m, nil
}
