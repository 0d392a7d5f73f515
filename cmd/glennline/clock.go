package main

import "time"

// now is the clock of the commands that tell how things stand. Tests of what they
// print give them another.
var now = time.Now
