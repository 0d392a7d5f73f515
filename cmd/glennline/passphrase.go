package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// passphrase is one that opens something, and how it is given: never as an
// argument, which everybody on the machine can read.
type passphrase struct {
	asked bool
	file  string
}

func (p *passphrase) flags(cmd *cobra.Command, does string) {
	cmd.Flags().BoolVar(&p.asked, "passphrase", false, does+" a passphrase, which is asked for, or is a line of standard input")
	cmd.Flags().StringVar(&p.file, "passphrase-file", "", does+" a passphrase, the first line of this `file`")
}

func (p passphrase) given() bool { return p.asked || p.file != "" }

// shortest is how long a passphrase is at least: it is all that stands between
// whoever finds a stick and the voices on it.
const shortest = 12

// read reads it, twice from a terminal where it is new.
func (p passphrase) read(cmd *cobra.Command, fresh bool) (string, error) {
	phrase, err := p.line(cmd, fresh)
	switch {
	case err != nil:
		return "", err
	case phrase == "":
		return "", usage(errors.New("the passphrase is empty: give one, or leave out --passphrase"))
	case fresh && len([]rune(phrase)) < shortest:
		return "", usage(fmt.Errorf("the passphrase has less than %d characters: take several words", shortest))
	}
	return phrase, nil
}

func (p passphrase) line(cmd *cobra.Command, fresh bool) (string, error) {
	in := cmd.InOrStdin()
	if p.file != "" {
		f, err := os.Open(p.file)
		if err != nil {
			return "", usage(fmt.Errorf("--passphrase-file: %w", err))
		}
		defer f.Close()
		in = f
	} else if f, ok := in.(*os.File); ok && terminal(f) {
		return p.ask(f, cmd.ErrOrStderr(), fresh)
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func (p passphrase) ask(terminal *os.File, errs io.Writer, fresh bool) (string, error) {
	ask := func(what string) (string, error) {
		fmt.Fprint(errs, what)
		text, err := term.ReadPassword(int(terminal.Fd()))
		fmt.Fprintln(errs)
		return string(text), err
	}
	phrase, err := ask("passphrase: ")
	if err != nil || !fresh {
		return phrase, err
	}
	again, err := ask("again: ")
	if err == nil && again != phrase {
		err = usage(errors.New("these are two passphrases; nothing was made"))
	}
	return phrase, err
}
