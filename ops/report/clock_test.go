package report

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestHoursOf(t *testing.T) {
	for name, tt := range map[string]struct {
		zone string
		day  string
		n    int
		some string // that stand next to each other
	}{
		"an ordinary day":              {"Europe/Brussels", "2026-11-22", 24, "00:00+01:00 01:00+01:00 02:00+01:00"},
		"the clock is put forward":     {"Europe/Brussels", "2026-03-29", 23, "01:00+01:00 03:00+02:00"},
		"the clock is put back":        {"Europe/Brussels", "2026-10-25", 25, "01:00+02:00 02:00+02:00 02:00+01:00 03:00+01:00"},
		"a quarter of an hour":         {"Asia/Kathmandu", "2026-11-22", 24, "00:00+05:45 01:00+05:45"},
		"midnight that does not exist": {"America/Sao_Paulo", "2018-11-04", 23, "01:00-02:00 02:00-02:00"},
	} {
		zone := zoneOf(t, tt.zone)
		noon, err := time.ParseInLocation("2006-01-02 15", tt.day+" 12", zone)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		hours := hoursOf(midnight(noon))
		for _, h := range hours {
			got = append(got, h.Format("15:04-07:00"))
		}
		if len(hours) != tt.n || !strings.Contains(strings.Join(got, " "), tt.some) {
			t.Errorf("%s: %d hours, want %d and %s:\n%s", name, len(hours), tt.n, tt.some, got)
		}
	}
}

// Every moment of a year lies in the hour that its own clock says, whatever was
// asked before.
func TestHour(t *testing.T) {
	for _, name := range []string{"Europe/Brussels", "UTC", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe"} {
		c := clock{zone: zoneOf(t, name)}
		for at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2026; at = at.Add(7*time.Minute + 13*time.Second) {
			h := c.hour(at.UnixMilli())
			local := at.In(c.zone)
			if h.After(at) || !at.Before(h.Add(time.Hour)) {
				t.Fatalf("%s: %s lies in the hour of %s", name, local, h)
			}
			_, offset := local.Zone()
			if _, o := h.Zone(); o == offset && (h.Format("2006-01-02 15") != local.Format("2006-01-02 15") || h.Minute() != 0) {
				t.Fatalf("%s: %s lies in the hour of %s", name, local, h)
			}
		}
	}
}
