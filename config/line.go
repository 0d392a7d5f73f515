package config

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/language"

	"glennline/petition/caller"
	"glennline/voicemail/prompts"
)

// sipName is a dialled "number" that is a word: some trunks and softphones
// dial one.
var sipName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,31}$`)

const keys = "*#" // that Asterisk lets end a recording

// RegionOf is the country of a line's numbers and of its callers'.
func (f File) RegionOf(l Line) string {
	if l.Region != "" {
		return l.Region
	}
	return f.Region
}

// Numbers are a line's numbers in E.164; words that are dialled stay as they
// are. In a file that Validate accepts none is left out.
func (f File) Numbers(l Line) []string {
	var numbers []string
	for _, number := range l.Numbers {
		if normal, err := f.normal(l, number); err == nil {
			numbers = append(numbers, normal)
		}
	}
	return numbers
}

func (f File) normal(l Line, number string) (string, error) {
	if sipName.MatchString(number) {
		return number, nil
	}
	return caller.E164(number, f.RegionOf(l))
}

func (c *checker) lines() {
	if len(c.file.Lines) == 0 {
		c.fault("lines", "no line, so nobody could call: add one with a name, a language and catch_all: true")
	}
	named := make(map[string]string)  // name to key
	dialled := make(map[string]taken) // number to where it leads
	catchAll := ""
	for i, line := range c.file.Lines {
		key := fmt.Sprintf("lines[%d]", i)
		c.line(key, line)
		if other, twice := named[line.Name]; twice {
			c.fault(key+".name", "%q is the name of two lines%s: give each its own", line.Name, c.also(other))
		}
		named[line.Name] = key + ".name"
		if line.CatchAll {
			if catchAll != "" {
				c.fault(key+".catch_all", "a second line that takes every other number%s: leave it to one of them", c.also(catchAll))
			} else {
				catchAll = key + ".catch_all"
			}
		}
		c.numbers(key, line, dialled)
	}
}

// taken is a number that leads to a line.
type taken struct{ line, key string }

func (c *checker) numbers(key string, line Line, dialled map[string]taken) {
	if len(line.Numbers) == 0 && !line.CatchAll {
		c.fault(key, "no number leads to line %s: give it numbers or catch_all: true", line.Name)
	}
	for i, number := range line.Numbers {
		at := fmt.Sprintf("%s.numbers[%d]", key, i)
		normal, err := c.file.normal(line, number)
		if err != nil {
			c.fault(at, "%q is no telephone number in %s: write it with its country, such as +32 2 555 01 00",
				number, strings.ToUpper(c.file.RegionOf(line)))
			continue
		}
		switch other, twice := dialled[normal]; {
		case !twice:
			dialled[normal] = taken{line.Name, at}
		case other.line == line.Name:
			c.fault(at, "%s is there twice%s: remove one", normal, c.also(other.key))
		default:
			c.fault(at, "%s leads to line %s and to line %s%s: leave it to one of them",
				normal, line.Name, other.line, c.also(other.key))
		}
	}
}

// also says where the other one of a pair was set.
func (c *checker) also(key string) string {
	if place := c.file.Where(key); place != "" {
		return " (also at " + place + ")"
	}
	return ""
}

func (c *checker) line(key string, l Line) {
	if l.Name == "" {
		c.fault(key+".name", "missing: give the line a short name, such as main")
	} else {
		c.name(key+".name", l.Name)
	}
	if l.Region != "" {
		c.region(key+".region", l.Region)
	}
	c.language(key, l)
	c.between(key+".ring_for", l.RingFor, 0, 30*time.Second, time.Millisecond)
	c.between(key+".limits.message", l.Limits.Message, time.Second, 10*time.Minute, time.Second)
	if l.Limits.Silence != 0 {
		c.between(key+".limits.silence", l.Limits.Silence, time.Second, time.Minute, time.Second)
	}
	if l.Limits.EndKey != "" && (len(l.Limits.EndKey) != 1 || !strings.Contains(keys, l.Limits.EndKey)) {
		c.fault(key+".limits.end_key", "%q cannot end a message: write \"#\" or \"*\", or \"\" for none", l.Limits.EndKey)
	}
	if need := l.RingFor + 2*l.Limits.Message + time.Minute; c.file.PBX.MaxCall < need {
		c.fault("pbx.max_call", "%s would cut callers of line %s: set it to %s or more (its longest message twice, and a minute for the prompts)",
			brief(c.file.PBX.MaxCall), l.Name, brief(need.Round(time.Second)))
	}
}

func (c *checker) language(key string, l Line) {
	languages := strings.Join(prompts.Languages(), ", ")
	if l.Language == "" {
		c.fault(key+".language", "missing: write one of %s, or another one and a folder in prompts", languages)
		return
	}
	if _, err := language.Parse(l.Language); err != nil {
		c.fault(key+".language", "%q is no language: write one such as fr or nl-BE", l.Language)
		return
	}
	if _, ok := prompts.Placeholder(l.Language); !ok && l.Prompts == "" {
		c.fault(key+".language", "%q has no placeholder prompts: write one of %s, or name a folder of your own in prompts", l.Language, languages)
	}
}
