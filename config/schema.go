package config

import (
	"reflect"
	"slices"
	"strings"
)

// The keys that exist are those of File's yaml tags; nothing else lists them.

// keysOf are the keys of a struct, in its order.
func keysOf(t reflect.Type) (keys []string) {
	for field := range t.Fields() {
		if tag := field.Tag.Get("yaml"); tag != "" {
			keys = append(keys, tag)
		}
	}
	return keys
}

// child is the field of a struct that has the key.
func child(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("yaml") == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// descend is the field with the path of a key that is in no list.
func descend(v reflect.Value, path string) (reflect.Value, bool) {
	for key := range strings.SplitSeq(path, ".") {
		if v.Kind() != reflect.Struct {
			return reflect.Value{}, false
		}
		var ok bool
		if v, ok = child(v, key); !ok {
			return reflect.Value{}, false
		}
	}
	return v, true
}

// paths are the paths of all keys below a type that hold a value; those in
// lists are written lines[].name.
func paths(t reflect.Type, prefix string) (all []string) {
	for field := range t.Fields() {
		key, ft := field.Tag.Get("yaml"), field.Type
		switch {
		case key == "":
		case ft.Kind() == reflect.Struct:
			all = append(all, paths(ft, prefix+key+".")...)
		case ft.Kind() == reflect.Slice && ft.Elem().Kind() == reflect.Struct:
			all = append(all, paths(ft.Elem(), prefix+key+"[].")...)
		default:
			all = append(all, prefix+key)
		}
	}
	return all
}

// elsewhere is where in the file a key exists that does not exist here.
func elsewhere(key string) (found []string) {
	for _, path := range paths(reflect.TypeFor[File](), "") {
		if strings.HasSuffix(path, "."+key) || path == key {
			found = append(found, path)
		}
	}
	return found
}

// Settable are the paths of the keys that variables and flags can set, sorted:
// all but those in lists of lines and trunks.
func Settable() []string {
	all := paths(reflect.TypeFor[File](), "")
	all = slices.DeleteFunc(all, func(path string) bool { return strings.Contains(path, "[]") })
	slices.Sort(all)
	return all
}
