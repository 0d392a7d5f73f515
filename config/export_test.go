package config

import (
	"fmt"
	"reflect"
	"strings"
)

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
