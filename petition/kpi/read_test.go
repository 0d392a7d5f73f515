package kpi_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glennline/petition/kpi"
)

func read(text string) (all []string, err error) {
	figures, err := kpi.Read("f.csv", strings.NewReader(text), time.Date(2026, 12, 10, 12, 0, 0, 0, time.UTC))
	for _, k := range figures {
		all = append(all, fmt.Sprintf("%s|%s|%s|%s|%s|%s", k.Name, k.Day.Format("2006-01-02"), k.Value.Text, k.Baseline.Text, k.Goal.Text, k.Source))
	}
	return all, err
}

func TestRead(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []string
	}{
		"all columns": {
			"name,value,baseline,goal,at,source\nimpressions,128000000,,50000000,2026-12-09,agency\n\"calls, free\",+12%,,116000,2026-12-09,\"said \"\"so\"\"\"\n",
			[]string{"impressions|2026-12-09|128000000||50000000|agency", `calls, free|2026-12-09|+12%||116000|said "so"`},
		},
		"few, in another order, no newline at the end": {"At, Source ,VALUE,name\n2026-12-09,x,1,a", []string{"a|2026-12-09|1|||x"}},
		"of a Belgian Excel":                           {"\ufeffname;value;at;source\r\nvues;12;2026-12-09;a, b\r\n", []string{"vues|2026-12-09|12|||a, b"}},
		"of one name on two days":                      {"name,value,at,source\na,1,2026-12-09,x\na,2,2026-12-10,x\n", []string{"a|2026-12-09|1|||x", "a|2026-12-10|2|||x"}},
		"none":                                         {"name,value,at,source\n", nil},
		"empty lines":                                  {"name,value,at,source\n\na,1,2026-12-09,x\n\n", []string{"a|2026-12-09|1|||x"}},
	} {
		got, err := read(tt.text)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	const head = "name,value,baseline,goal,at,source\n"
	for name, tt := range map[string]struct{ text, want string }{
		"empty":                    {"", "f.csv:1: the file is empty: begin with a line name,value,baseline,goal,at,source: nothing was taken in"},
		"no header":                {"impressions,1,,,2026-12-09,x\n", `f.csv:1: unknown column "impressions": write name, value, at, source, baseline, goal`},
		"a column is missing":      {"name,value,at\n", `f.csv:1: no column "source"`},
		"a column is there twice":  {"name,value,at,source,name\n", `f.csv:1: column "name" is there twice`},
		"thousands":                {head + "a,\"37.758\",,,2026-12-09,x\n", `f.csv:2: value "37.758" could be 37758`},
		"a comma that parts":       {head + "a,3,5,,,2026-12-09,x\n", "f.csv:2: 7 columns instead of 6"},
		"a decimal comma":          {"name;value;at;source\na;3,5;2026-12-09;x\n", `f.csv:2: value "3,5": write a decimal point, such as 3.5`},
		"several":                  {head + "a,1k,,,2026-12-09,x\nb,1,,,2026-12-09,x\n\nc,1,,,12/09,x\nd,,,,2026-12-09,x\n", `f.csv:2: value "1k" begins like a number and is none: write digits alone, such as 12000, or begin a text with a word (and in line 5, 6): nothing was taken in`},
		"twice":                    {head + "a,1,,,2026-12-09,x\na,2,,,2026-12-09,x\n", "f.csv:3: a of 2026-12-09 stands in line 2 already: leave one"},
		"to come":                  {head + "a,1,,,2062-12-09,x\n", `f.csv:2: day "2062-12-09" is still to come`},
		"quotes":                   {head + "a,1,,,2026-12-09,\"x\nb,1,,,2026-12-09,y\n", "f.csv:3: "},
		"another encoding":         {head + "\xe9cran,1,,,2026-12-09,x\n", `f.csv:2: name "\xe9cran": write letters`},
		"a source in another":      {head + "a,1,,,2026-12-09,\xe9cran\n", "in UTF-8"},
		"a field over two lines":   {head + "a,1,,,2026-12-09,\"x\ny\"\n", "f.csv:2: source "},
		"more lines than anything": {head + strings.Repeat("a,1,,,x,x\n", 10_001), "f.csv:10002: more than 10000 figures"},
		"too large":                {head + strings.Repeat(" ", 4<<20), "f.csv: more than 4 MiB"},
		"no text":                  {"\x00\x01\x02", "f.csv:1: unknown column"},
	} {
		got, err := read(tt.text)
		if !errors.Is(err, kpi.ErrFile) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, %v; want %s", name, got, err, tt.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("name,value,at,source\na,1,2026-12-09,x\n")
	f.Add("name;value;at;source\na;\"1\";2026-12-09;x\n")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := read(text); err != nil && !errors.Is(err, kpi.ErrFile) {
			t.Errorf("%v, %v", got, err)
		}
	})
}
