package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// put sets a field from the text of a value. The error says what is wanted.
func put(v reflect.Value, text string) error {
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		d, err := Duration(text)
		if err != nil {
			return err
		}
		v.SetInt(int64(d))
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is no whole number: write one, such as %d", text, v.Int())
		}
		v.SetInt(int64(n))
	case v.Kind() == reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%q is neither true nor false: write one of them", text)
		}
		v.SetBool(text == "true")
	default:
		panic("config: a key of type " + v.Type().String())
	}
	return nil
}

// Duration reads a duration as the configuration has it: as Go writes them, or
// in whole days, such as 90d.
func Duration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		const most = 36500 // a century
		if n, err := strconv.Atoi(days); err == nil && n >= -most && n <= most {
			return time.Duration(n) * day, nil
		}
		return 0, wantDuration(text)
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, wantDuration(text)
	}
	return d, nil
}

func wantDuration(text string) error {
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return fmt.Errorf("%s has no unit: write %ss for seconds or %sm for minutes", text, text, text)
	}
	return fmt.Errorf("%q is no duration: write one such as 5s, 90s, 2m or 30d", text)
}
