package main

import "fmt"

// several is how many there are of what takes an s in the plural.
func several(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// entries counts those of a journal or a chain.
func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// are goes with the number of what something is told of.
func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// was goes with the number of what something is told of.
func was(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}
