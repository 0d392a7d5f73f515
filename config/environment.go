package config

import (
	"reflect"
	"slices"
	"strings"
)

const (
	prefix         = "GLENNLINE_"
	configVariable = prefix + "CONFIG" // names the file
)

// foreign are variables of the same prefix that other parts read.
var foreign = []string{
	prefix + "ASTERISK", // asterisk-conf/pbx: the program to start
}

// Variable is the name of the variable that sets a key: GLENNLINE_SIP_PORT for
// sip.port.
func Variable(key string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// variables picks out of an environment those that are ours and not empty, and
// names those of our prefix that nobody would read.
func variables(env []string) (map[string]string, Faults) {
	known := append([]string{configVariable}, foreign...)
	for _, key := range Settable() {
		known = append(known, Variable(key))
	}
	vars := make(map[string]string)
	var faults Faults
	for _, entry := range slices.Sorted(slices.Values(env)) {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case !strings.HasPrefix(name, prefix):
		case slices.Contains(known, name):
			if value != "" {
				vars[name] = value
			}
		default:
			faults.add(name, "", "%s", unknownVariable(name, known))
		}
	}
	return vars, faults
}

func unknownVariable(name string, known []string) string {
	key := strings.ToLower(strings.TrimPrefix(name, prefix))
	list, _, _ := strings.Cut(key, "_")
	if field, ok := descend(reflect.ValueOf(File{}), list); ok && field.Kind() == reflect.Slice &&
		field.Type().Elem().Kind() == reflect.Struct {
		return "no variable sets " + list + ": write them into the file and name it with --config or " + configVariable
	}
	if n := nearest(key, shortened(known)); n != "" {
		return "unknown variable: did you mean " + prefix + strings.ToUpper(n) + "?"
	}
	return "unknown variable: remove it, or see the keys that glennline knows in config/example.yaml"
}

// shortened are the names without their prefix, which would make any two of
// them look alike.
func shortened(names []string) (short []string) {
	for _, name := range names {
		short = append(short, strings.ToLower(strings.TrimPrefix(name, prefix)))
	}
	return short
}
