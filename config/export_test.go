package config

import (
	_ "embed"
	"fmt"
	"reflect"
	"strings"
)

// Example is a configuration file with every key, explained, and its default.
//
//go:embed example.yaml
var Example string

// Paths are the paths of all keys; those in lists are written lines[].name.
func Paths() []string { return paths(reflect.TypeFor[File](), "") }

// Sets says whether the key itself was set, in a list by any of its elements.
func (f File) Sets(key string) bool {
	for i := range 10 {
		if _, ok := f.origin[strings.ReplaceAll(key, "[]", fmt.Sprintf("[%d]", i))]; ok {
			return true
		}
	}
	return false
}
