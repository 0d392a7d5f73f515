package voicemail

import (
	"context"
	"time"

	"glennline/voicemail/prompts"
)

// claimMargin is what a step may take beyond its own length before Asterisk
// takes the call back: whoever is heard nothing of for so long hangs.
const claimMargin = 5 * time.Second

// claim sees to it that the call is ours for as long as a step lasts that takes
// so long.
func (v *visit) claim(ctx context.Context, within time.Duration) error {
	now := time.Now()
	if v.claimed.Sub(now) > within+claimMargin/2 {
		return nil
	}
	err := v.ch.Claim(ctx, within+claimMargin)
	if err == nil {
		v.claimed = now.Add(within + claimMargin)
	}
	return err
}

// length is that of name and notice.
func length(set prompts.Set) time.Duration { return set.NameLength + set.NoticeLength }
