package main

import (
	"fmt"
	"os"
	"runtime"
)

// printSlack is a program for the scripts: it prints its timer slack before and
// after coalesceTimers, that of a thread that is made then, and its arguments.
func printSlack() {
	fmt.Println("before", slack())
	coalesceTimers()
	after := make(chan any)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is this goroutine's, and ends with it
		after <- slack()
	}()
	fmt.Println("after", slack(), <-after, os.Args[1:])
}
