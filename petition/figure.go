package petition

// Figure is the number for the press, and all that it is made of, at one
// moment. None of it is legally countable.
type Figure struct {
	Calls        int `json:"calls"`
	Messages     int `json:"messages"` // recordings that were left after the beep, whatever they count for: also those in which nothing is heard, which are blank
	Counted      int `json:"counted"`
	Lines        int `json:"distinct_lines"` // different telephone lines among the counted
	Withheld     int `json:"withheld"`       // counted, the caller hid the number; nothing says that they are different people
	Unknown      int `json:"unknown"`        // counted, the number is not known otherwise: none was sent, what was sent is none, or it was not kept; the same holds
	Blank        int `json:"blank"`
	Duplicates   int `json:"duplicates"`
	Review       int `json:"review"`
	Confidential int `json:"confidential"`
	Rejected     int `json:"rejected"`
	Withdrawn    int `json:"withdrawn"`
	Test         int `json:"test"`
}

// Of is the part of the figure that has a status, nil for an unknown one.
func (f *Figure) Of(s Status) *int {
	return map[Status]*int{
		StatusCounted:      &f.Counted,
		StatusBlank:        &f.Blank,
		StatusDuplicate:    &f.Duplicates,
		StatusReview:       &f.Review,
		StatusConfidential: &f.Confidential,
		StatusRejected:     &f.Rejected,
		StatusWithdrawn:    &f.Withdrawn,
		StatusTest:         &f.Test,
	}[s]
}
