package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

const maxSize = 256 << 10 // bytes; a configuration is a few kilobytes

// Override is a value from a flag.
type Override struct {
	Key    string // path of a key, one of Settable
	Value  string
	Source string // for messages: --data
}

// Load reads the configuration: the defaults, over them the file at path, then
// the GLENNLINE_… variables of env (as from os.Environ), then the overrides.
// Without a path the file is the one that GLENNLINE_CONFIG names, or none.
//
// Relative paths in the file are relative to the file's folder; those in
// variables and flags to the current one. A variable that is empty counts as
// not set. The error is a Faults where something in the configuration is
// wrong. Load does not judge values: call Validate.
func Load(path string, env []string, overrides []Override) (File, error) {
	f := Default()
	vars, faults := variables(env)
	if path == "" {
		path = vars[configVariable]
	}
	if path != "" {
		data, err := read(path)
		if err != nil {
			return File{}, err
		}
		if err := decode(path, data, &f); err != nil {
			more := Faults(nil)
			if !errors.As(err, &more) {
				return File{}, err
			}
			faults = append(more, faults...)
		}
		f.fillPresets()
		f.resolve(filepath.Dir(path))
	}
	faults = append(faults, f.overlay(vars, overrides)...)
	if err := faults.err(); err != nil {
		return File{}, err
	}
	return f, nil
}

func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no configuration file %s: name an existing one with --config: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: let this user read it or name another file with --config: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: name a file with --config: %w", err)
	}
	if len(data) > maxSize {
		return nil, Faults{{Where: path, Problem: "more than 256 KiB: this is no configuration file, name another one with --config"}}
	}
	return data, nil
}

// resolve makes the paths that the file sets relative to its folder.
func (f *File) resolve(dir string) {
	f.resolveCommand(dir)
	fields := map[string]*string{
		"data":              &f.Data,
		"spool":             &f.Spool,
		"witness":           &f.Witness,
		"control":           &f.Control,
		"ari.password_file": &f.ARI.PasswordFile,
		"pbx.asterisk":      &f.PBX.Asterisk,

		"ari.monitor_password_file":  &f.ARI.MonitorPasswordFile,
		"alerts.email.password_file": &f.Alerts.Email.PasswordFile,

		"sip.tls.certificate_file": &f.SIP.TLS.CertificateFile,
		"sip.tls.key_file":         &f.SIP.TLS.KeyFile,
		"sip.tls.ca_file":          &f.SIP.TLS.CAFile,
	}
	for i := range f.Lines {
		fields[Key("lines", i, "prompts")] = &f.Lines[i].Prompts
	}
	for i := range f.Trunks {
		fields[Key("trunks", i, "password_file")] = &f.Trunks[i].PasswordFile
	}
	for key, field := range fields {
		if _, set := f.origin[key]; set && *field != "" && !filepath.IsAbs(*field) {
			*field = filepath.Join(dir, *field)
		}
	}
}

// overlay sets keys from variables, then from flags.
func (f *File) overlay(vars map[string]string, overrides []Override) (faults Faults) {
	var all []Override
	for _, key := range Settable() {
		if value, ok := vars[Variable(key)]; ok {
			all = append(all, Override{key, value, Variable(key)})
		}
	}
	for _, o := range append(all, overrides...) {
		field, ok := descend(reflect.ValueOf(f).Elem(), o.Key)
		if !ok || !slices.Contains(Settable(), o.Key) {
			faults.add(o.Source, "", "unknown key %q: %s", o.Key, meant(o.Key, Settable()))
			continue
		}
		if err := putText(field, o.Value); err != nil {
			faults.add(o.Source, "", "%s", err)
			continue
		}
		f.set(o.Key, o.Source)
	}
	return faults
}

// putText is put for what may also be a list, its elements parted by commas.
func putText(v reflect.Value, text string) error {
	if v.Kind() != reflect.Slice {
		return put(v, text)
	}
	parts := strings.Split(text, ",")
	list := reflect.MakeSlice(v.Type(), len(parts), len(parts))
	for i, part := range parts {
		if err := put(list.Index(i), strings.TrimSpace(part)); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}
