package report

import "glennline/petition"

// endings in words; an ending that is not here is told by its codes.
var endings = map[petition.Ending]string{
	{Result: petition.ResultMessage, Reason: petition.ReasonCaller}:        "message, then the caller hung up",
	{Result: petition.ResultMessage, Reason: petition.ReasonSilence}:       "message, then silence",
	{Result: petition.ResultMessage, Reason: petition.ReasonKey}:           "message, ended with the key",
	{Result: petition.ResultMessage, Reason: petition.ReasonLength}:        "message of the longest length",
	{Result: petition.ResultMessage, Reason: petition.ReasonFallback}:      "message, recorded by the dialplan",
	{Result: petition.ResultMessage, Reason: petition.ReasonAbandoned}:     "message, completed afterwards",
	{Result: petition.ResultMessage, Reason: petition.ReasonRebuilt}:       "message, known from its recording alone",
	{Result: petition.ResultMessage, Reason: petition.ReasonPBX}:           "message, cut when Asterisk died",
	{Result: petition.ResultSilent, Reason: petition.ReasonCaller}:         "nothing said, then the caller hung up",
	{Result: petition.ResultSilent, Reason: petition.ReasonSilence}:        "nothing said",
	{Result: petition.ResultSilent, Reason: petition.ReasonKey}:            "nothing said, ended with the key",
	{Result: petition.ResultSilent, Reason: petition.ReasonNoAudio}:        "no sound arrived",
	{Result: petition.ResultHungUp, Reason: petition.ReasonBeforeAnswer}:   "hung up before the answer",
	{Result: petition.ResultHungUp, Reason: petition.ReasonDuringNotice}:   "hung up during the notice",
	{Result: petition.ResultHungUp, Reason: petition.ReasonDuringBeep}:     "hung up at the beep",
	{Result: petition.ResultHungUp, Reason: petition.ReasonEarly}:          "hung up early, known from Asterisk's log alone",
	{Result: petition.ResultHungUp, Reason: petition.ReasonAbandoned}:      "hung up, closed afterwards",
	{Result: petition.ResultRefused, Reason: petition.ReasonUnknownNumber}: "refused: no line has the number",
	{Result: petition.ResultRefused, Reason: petition.ReasonNoRoom}:        "refused: no room on the disk",
	{Result: petition.ResultMessage, Reason: petition.ReasonErased}:        "message, erased since",
	{Result: petition.ResultMessage, Reason: petition.ReasonPrompt}:        "message, before a prompt failed",
	{Result: petition.ResultMessage, Reason: petition.ReasonRecord}:        "message, before the recording failed",
	{Result: petition.ResultSilent, Reason: petition.ReasonLength}:         "nothing said for the longest length",
	{Result: petition.ResultSilent, Reason: petition.ReasonRecord}:         "nothing said before the recording failed",
	{Result: petition.ResultFailed, Reason: petition.ReasonAnswer}:         "failed: could not be answered",
	{Result: petition.ResultFailed, Reason: petition.ReasonPrompt}:         "failed: a prompt could not be played",
	{Result: petition.ResultFailed, Reason: petition.ReasonRecord}:         "failed: could not be recorded",
	{Result: petition.ResultFailed, Reason: petition.ReasonStore}:          "failed: the recording could not be archived",
	{Result: petition.ResultFailed, Reason: petition.ReasonPBX}:            "failed: Asterisk died, or was out of reach",
	{Result: petition.ResultFailed, Reason: petition.ReasonStopped}:        "failed: glennline was told to end at once",
	{Result: petition.ResultFailed, Reason: petition.ReasonAbandoned}:      "failed: nobody saw the end of it",
}

func endingName(e EndingCount) string {
	ending := petition.Ending{Result: e.Result, Reason: e.Reason}
	if name, ok := endings[ending]; ok {
		return name
	}
	return ending.String()
}
