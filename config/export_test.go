package config

import (
	"reflect"
	"strings"
)

// Paths are the paths of all keys; those of lists are those of the first
// element.
func Paths() []string {
	all := paths(reflect.TypeFor[File](), "")
	for i, path := range all {
		all[i] = strings.ReplaceAll(path, "[]", "[0]")
	}
	return all
}

// Sets says whether the key itself was set.
func (f File) Sets(key string) bool {
	_, ok := f.origin[key]
	return ok
}
