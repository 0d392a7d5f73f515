package voicemail

// Keys of log fields.
const (
	keyCall        = "call"
	keyLine        = "line"
	keyResult      = "result"
	keyReason      = "reason"
	keyStatus      = "status"
	keySeconds     = "seconds"
	keyDuration    = "duration"
	keyDialled     = "dialled"
	keyPath        = "path"
	keyCallerClass = "caller_class"
	keySIPCallID   = "sip_call_id"
	keyFound       = "found"
)
