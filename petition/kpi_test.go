package petition_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"glennline/petition"
)

func TestNewKPI(t *testing.T) {
	got, err := petition.NewKPI(" calls to the help line ", "+12%", "", "116000", "2026-12-09", " the foundation ")
	want := petition.KPI{
		Name:   "calls to the help line",
		Day:    time.Date(2026, 12, 9, 0, 0, 0, 0, time.UTC),
		Value:  petition.Quantity{Kind: petition.QuantityPercent, Text: "+12%"},
		Goal:   petition.Quantity{Kind: petition.QuantityNumber, Text: "116000", Number: 116000},
		Source: "the foundation",
	}
	if err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	for want, args := range map[string][6]string{
		"name missing":               {"", "1", "", "", "2026-12-09", "x"},
		"name of 61 characters":      {strings.Repeat("é", 61), "1", "", "", "2026-12-09", "x"},
		`name "=1"`:                  {"=1", "1", "", "", "2026-12-09", "x"},
		`name "-f"`:                  {"-f", "1", "", "", "2026-12-09", "x"},
		`name "a\nb"`:                {"a\nb", "1", "", "", "2026-12-09", "x"},
		`name "a\xffb"`:              {"a\xffb", "1", "", "", "2026-12-09", "x"},
		"two spaces in a row":        {"a  b", "1", "", "", "2026-12-09", "x"},
		"value missing":              {"a", " ", "", "", "2026-12-09", "x"},
		`value "1,5": write`:         {"a", "1,5", "", "", "2026-12-09", "x"},
		`baseline "1,5": write`:      {"a", "1", "1,5", "", "2026-12-09", "x"},
		`goal "50.000" could be`:     {"a", "1", "", "50.000", "2026-12-09", "x"},
		"source missing":             {"a", "1", "", "", "2026-12-09", " "},
		"source \"a\\nb\"":           {"a", "1", "", "", "2026-12-09", "a\nb"},
		`day "": write`:              {"a", "1", "", "", "", "x"},
		`day "09/12/2026": write`:    {"a", "1", "", "", "09/12/2026", "x"},
		`day "2026-02-30": write`:    {"a", "1", "", "", "2026-02-30", "x"},
		`day "0026-12-09": write it`: {"a", "1", "", "", "0026-12-09", "x"},
	} {
		_, err := petition.NewKPI(args[0], args[1], args[2], args[3], args[4], args[5])
		if !errors.As(err, &petition.KPIError{}) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %s", args, err, want)
		}
	}
}

func TestKPIBy(t *testing.T) {
	k, err := petition.NewKPI("a", "1", "", "", "2026-12-10", "x")
	if err != nil {
		t.Fatal(err)
	}
	for hour, past := range map[int]bool{8: false, 11: true, 24: true} {
		if err := k.By(time.Date(2026, 12, 9, hour, 0, 0, 0, time.UTC)); (err == nil) != past {
			t.Errorf("at %d:00 UTC of the day before: %v", hour, err)
		}
	}
}
