package main

import (
	"fmt"
	"os"
	"runtime"

	"glennline/internal/sched"
)

// printSlack is a program for the scripts: it prints its timer slack before and
// after coalesceTimers, that of a thread that is made then, its arguments, and
// whether both have the time slice that the kernel gives to who asks for ours.
func printSlack() {
	fmt.Println("before", slack())
	coalesceTimers()
	mine, _ := sched.Slice()
	after, slices := make(chan any, 1), make(chan any, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is this goroutine's, and ends with it
		after <- slack()
		its, _ := sched.Slice()
		_ = sched.SetSlice(timeSlice)
		given, _ := sched.Slice()
		slices <- mine == given && its == given
	}()
	fmt.Println("after", slack(), <-after, os.Args[1:], <-slices)
}
