package config

import (
	"fmt"
	"time"
	_ "time/tzdata" // so that a machine without the zones' data tells the same hours
)

// most is the highest number that a campaign can aim at; more is a slip of the
// keys.
const most = 1_000_000_000

// Location is the zone in which days and hours are told. In a file that
// Validate accepts it is the one that is named.
func (f File) Location() *time.Location {
	if zone, err := location(f.Timezone); err == nil {
		return zone
	}
	return time.UTC
}

// location refuses what time.LoadLocation would take for the machine's own zone:
// the same data would be told in other hours on another machine.
func location(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("no zone")
	}
	return time.LoadLocation(name)
}

// DeadlineAt is the first moment after the deadline; zero where there is none.
func (f File) DeadlineAt() time.Time {
	at, _ := deadline(f.Campaign.Deadline, f.Location())
	return at
}

// deadline reads a day, which ends with its last moment, or a moment.
func deadline(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, zone), nil
	}
	return time.ParseInLocation("2006-01-02 15:04", text, zone)
}

func (c *checker) timezone() {
	if _, err := location(c.file.Timezone); err != nil {
		c.fault("timezone", "%q is no time zone: write its IANA name, such as Europe/Brussels or UTC", c.file.Timezone)
	}
}

func (c *checker) campaign() {
	campaign := c.file.Campaign
	if campaign.Goal < 1 || campaign.Goal > most {
		c.fault("campaign.goal", "%d: set it from 1 to %d", campaign.Goal, most)
	}
	for i, n := range campaign.Milestones {
		key := fmt.Sprintf("campaign.milestones[%d]", i)
		switch {
		case n < 1 || n > most:
			c.fault(key, "%d: set it from 1 to %d", n, most)
		case i > 0 && n <= campaign.Milestones[i-1]:
			c.fault(key, "%d does not rise above the one before, %d: write them in order, each once", n, campaign.Milestones[i-1])
		}
	}
	if _, err := deadline(campaign.Deadline, c.file.Location()); err != nil {
		c.fault("campaign.deadline", "%q is no day: write one such as 2026-12-18, or \"2026-12-18 18:00\"", campaign.Deadline)
	}
}
