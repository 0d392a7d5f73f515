// Package flags reads the flags of a benchmark. What is wrong with them is one line.
package flags

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// Parse parses the arguments, all of which have to be flags. With flag.ErrHelp, for
// who asked for help, that has been printed to the standard output.
func Parse(set *flag.FlagSet, args []string) error {
	set.SetOutput(io.Discard)
	err := set.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		set.SetOutput(os.Stdout)
		set.Usage()
		return err
	case err != nil:
		return fmt.Errorf("%w; see -help", err)
	case set.NArg() > 0:
		return fmt.Errorf("%q is no flag; see -help", set.Arg(0))
	}
	return nil
}
