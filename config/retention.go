package config

import "time"

// Retention is how long something is kept after the call; 0 for ever.
type Retention struct {
	Recordings time.Duration   `yaml:"recordings"`
	ByStatus   RetentionStatus `yaml:"by_status"` // of recordings; 0 for what recordings says
	Pseudonyms time.Duration   `yaml:"pseudonyms"`
	Witness    time.Duration   `yaml:"witness"`
	Exports    time.Duration   `yaml:"exports"` // of those who got them, from when they are made
}

// RetentionStatus is how long the recordings of signatures with a status are kept.
type RetentionStatus struct {
	Counted      time.Duration `yaml:"counted"`
	Blank        time.Duration `yaml:"blank"`
	Duplicate    time.Duration `yaml:"duplicate"`
	Review       time.Duration `yaml:"review"`
	Confidential time.Duration `yaml:"confidential"`
	Rejected     time.Duration `yaml:"rejected"`
	Withdrawn    time.Duration `yaml:"withdrawn"`
	Test         time.Duration `yaml:"test"`
}

func (c *checker) retention() {
	r := c.file.Retention
	s := r.ByStatus
	for _, k := range []struct {
		key  string
		kept time.Duration
	}{
		{"recordings", r.Recordings},
		{"by_status.counted", s.Counted},
		{"by_status.blank", s.Blank},
		{"by_status.duplicate", s.Duplicate},
		{"by_status.review", s.Review},
		{"by_status.confidential", s.Confidential},
		{"by_status.rejected", s.Rejected},
		{"by_status.withdrawn", s.Withdrawn},
		{"by_status.test", s.Test},
		{"pseudonyms", r.Pseudonyms},
		{"witness", r.Witness},
		{"exports", r.Exports},
	} {
		if k.kept != 0 && (k.kept < day || k.kept%day != 0) {
			c.fault("retention."+k.key, "%s: write whole days, such as 90d, or 0d to keep it", brief(k.kept))
		}
	}
}
