package petition

// Figure is the number for the press, and all that it is made of, at one
// moment. None of it is legally countable.
type Figure struct {
	Calls        int `json:"calls"`
	Messages     int `json:"messages"` // stored voices, whatever they count for
	Counted      int `json:"counted"`
	Lines        int `json:"distinct_lines"` // different telephone lines among the counted
	Withheld     int `json:"withheld"`       // counted, without a number; nothing says that they are different people
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
