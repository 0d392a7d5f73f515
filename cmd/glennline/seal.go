package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"glennline/ops/datadir"
	"glennline/ops/seal"
)

func newSealCommand(g *globals) *cobra.Command {
	return parent("seal", "The campaign's key, which signs exports", newSealKeygenCommand(g), newSealShowCommand(g))
}

func newSealKeygenCommand(g *globals) *cobra.Command {
	var withPassword bool
	var passwordFile string
	cmd := &cobra.Command{
		Use:   "keygen",
		Short: "Make the campaign's key",
		Long: `Makes the key that signs the manifests of exports from now on, in minisign's format,
and prints its public half. Publish that, where people will look for it, before
the first export.

The key is the file seal.key in the data folder and is never in a backup: keep a
copy of it elsewhere. It is not replaced once it is there. With --password it has
one, which is asked for twice, or read as a line from standard input; each export
asks for it then, and takes some seconds and 1 GiB of memory for it.

Exit codes: 0 made; 1 could not be done; 2 wrong use, or there is a key already;
nothing was changed.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := g.dataFolder()
			if err != nil {
				return err
			}
			password := ""
			if withPassword || passwordFile != "" {
				password, err = readPassword(cmd.InOrStdin(), cmd.ErrOrStderr(), passwordFile, true)
			}
			if err != nil {
				return err
			}
			public, err := seal.Generate(dir.SealKey(), dir.SealPublic(), password)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), public)
			return err
		},
	}
	cmd.Flags().BoolVar(&withPassword, "password", false, "ask for a password that the key is to have")
	cmd.Flags().StringVar(&passwordFile, "password-file", "", "the password is the first line of this `file`")
	return cmd
}

func newSealShowCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Print the public half of the campaign's key",
		Long: `Prints the public half of the campaign's key, as 'minisign -P' and 'glennline verify
--public-key' take it.

Exit codes: 0 printed; 1 could not be read; 2 wrong use, or there is no key.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := g.dataFolder()
			if err != nil {
				return err
			}
			if _, err := os.Stat(dir.SealPublic()); errors.Is(err, fs.ErrNotExist) {
				return usage(fmt.Errorf("there is no key in %s: 'glennline seal keygen' makes one", dir))
			}
			public, err := seal.PublicKey(dir.SealPublic())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), public)
			return err
		},
	}
}

// dataFolder is the one that is configured and in use.
func (g *globals) dataFolder() (datadir.Dir, error) {
	file, err := g.settings()
	if err != nil {
		return "", err
	}
	dir, err := datadir.Used(file.Data)
	return dir, usage(err)
}

// campaignKey reads the key that signs, nil where there is none.
func campaignKey(dir datadir.Dir, in io.Reader, errs io.Writer, passwordFile string) (*seal.Key, error) {
	if _, err := os.Lstat(dir.SealKey()); errors.Is(err, fs.ErrNotExist) {
		return nil, nil // and nothing else is taken for that
	}
	return seal.ReadKey(dir.SealKey(), func() (string, error) { return readPassword(in, errs, passwordFile, false) })
}

// notSigned is what is said where there is no key.
const notSigned = "the manifest is not signed: 'glennline seal keygen' makes a key for the next ones"

// readPassword reads the password of the key: from a file, from the terminal
// without showing it, or a line of standard input where there is none.
func readPassword(in io.Reader, errs io.Writer, file string, twice bool) (string, error) {
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return "", usage(fmt.Errorf("--password-file: %w", err))
		}
		defer f.Close()
		in = f
	} else if f, ok := in.(*os.File); ok && terminal(f) {
		return askPassword(f, errs, twice)
	}
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", usage(errors.New("the campaign's key wants a password: name a file that begins with it with --password-file"))
	}
	return line, nil
}

func askPassword(terminal *os.File, errs io.Writer, twice bool) (string, error) {
	ask := func(what string) (string, error) {
		fmt.Fprint(errs, what)
		text, err := term.ReadPassword(int(terminal.Fd()))
		fmt.Fprintln(errs)
		return string(text), err
	}
	password, err := ask("password of the campaign's key: ")
	if err != nil || !twice {
		return password, err
	}
	again, err := ask("again: ")
	switch {
	case err != nil:
		return "", err
	case password == "":
		return "", usage(errors.New("an empty password is none: leave out --password"))
	case again != password:
		return "", usage(errors.New("these are two passwords; no key was made"))
	}
	return password, nil
}
