// Command glennline turns a phone number into a petition: it answers the calls
// of an Asterisk PBX, keeps what callers say after the beep, and counts it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

// run is main with an exit code. The first signal ends the context, the second
// closes abort, the third ends the process as if nothing caught it.
func run(args []string) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	abort := make(chan struct{})
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		close(abort)
		signal.Stop(signals)
	}()
	cmd := newRootCommand(abort)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errPipe) { // nobody asked to hear of that
		text := oneLine(withRemedy(err))
		if ctx.Err() != nil {
			text = strings.ReplaceAll(text, context.Canceled.Error(), "told to end")
		}
		fmt.Fprintln(os.Stderr, "glennline: "+text)
	}
	return exitCode(err)
}
