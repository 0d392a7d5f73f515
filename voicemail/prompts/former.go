package prompts

import "path/filepath"

// Of is the set that a medium of name, notice, beep or again belongs to: this
// one or, where the prompts were replaced since, the one that was in force
// before, whose lengths are not known.
func (s Set) Of(media string) Set {
	dir := filepath.Dir(media)
	if dir == filepath.Dir(s.Notice) {
		return s
	}
	return s.in(dir)
}

// Former is the set of a version, under the same rules as Of.
func (s Set) Former(version string) Set {
	if version == s.Version {
		return s
	}
	return s.in(filepath.Join(filepath.Dir(filepath.Dir(s.Notice)), version))
}

// in is the set that lies in another folder of the cache.
func (s Set) in(dir string) Set {
	media := func(p prompt) string { return filepath.Join(dir, p.String()) }
	return Set{
		Version:  filepath.Base(dir),
		Language: s.Language,
		Name:     media(promptName),
		Notice:   media(promptNotice),
		Beep:     media(promptBeep),
		Again:    media(promptAgain),
		Busy:     s.Busy,

		BusyLength: s.BusyLength,
	}
}
