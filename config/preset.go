package config

import (
	"maps"
	"reflect"
	"slices"

	"glennline/petition/caller"
)

// Preset is what a carrier's own documentation says of its trunks. Every key
// of it can be set in the file instead.
type Preset struct {
	Trunk Trunk
	// Notes say where the values come from and what to look at, a line each.
	Notes []string
}

// presets by name. The addresses are those that calls come from (IPv4), not those
// that calls would be sent to. Carriers change them: the date is when the page
// said so.
var presets = map[string]Preset{
	"twilio": {
		Trunk: Trunk{
			Type: TrunkIP,
			Addresses: []string{
				"54.172.60.0/30", "54.244.51.0/30", // Virginia, Oregon
				"54.171.127.192/30", "35.156.191.128/30", // Ireland, Frankfurt
				"54.65.63.192/30", "54.169.127.128/30", "54.252.254.64/30", // Tokyo, Singapore, Sydney
				"177.71.206.192/30", // São Paulo
			},
			Media:        []string{"168.86.128.0/18"},
			Codecs:       []string{"ulaw", "alaw"}, // the order of its offers: nothing is transcoded on the way
			NumberFormat: caller.FormatPlus,
			DialledFrom:  []string{"request"},
		},
		Notes: []string{
			"Twilio Elastic SIP Trunking: signalling of all regions, since calls may come from any of them.",
			"As published on 2026-07-31. They change: see https://www.twilio.com/docs/sip-trunking/ip-addresses",
			"Origination URI at Twilio: sip:ADDRESS:PORT, with ;transport=tls and Secure Trunking for TLS and SRTP.",
		},
	},
	"telnyx": {
		Trunk: Trunk{
			Type: TrunkIP,
			Addresses: []string{
				"192.76.120.10", "64.16.250.10", // United States
				"185.246.41.140", "185.246.41.141", // Europe
				"192.76.120.31", "64.16.250.13", // Canada
				"103.115.244.145", "103.115.244.146", // Australia
			},
			Codecs:       []string{"alaw", "ulaw"},
			NumberFormat: caller.FormatPlus,
			DialledFrom:  []string{"request"},
		},
		Notes: []string{
			"Telnyx: signalling by region; the connection's Inbound settings choose the region (US unless changed).",
			"As published on 2026-08-21. See https://sip.telnyx.com for these and for the media networks.",
			"Set the connection's DNIS number format to +E.164. PRACK may stay off. For a connection with",
			"credentials: type register, server sip.telnyx.eu, user and password_file.",
		},
	},
	"didww": {
		Trunk: Trunk{
			Type: TrunkIP,
			Addresses: []string{
				"46.19.209.14", "46.19.210.14", "46.19.212.14", // New York, Frankfurt, Los Angeles
				"46.19.213.14", "46.19.214.14", "46.19.215.14", // Miami, Singapore, Hong Kong
				"185.238.173.14", // Amsterdam
			},
			Codecs:       []string{"alaw", "ulaw"},
			NumberFormat: caller.FormatE164,
			DialledFrom:  []string{"request"},
		},
		Notes: []string{
			"DIDWW inbound trunk to a static endpoint: with the preferred server Auto, calls come from any of these.",
			"As published on 2026-09-16: https://doc.didww.com/voice/inbound-trunks/sip-trunks/sip-connectivity-reference.html",
			"User part of R-URI at DIDWW: {DID}, which is E.164 without a plus. RTP comes from its ports 16383 to 32767.",
			"TLS and SRTP have to be switched on by DIDWW. For dynamic registration: type register, server sip.didww.com.",
		},
	},
	"european-registration": {
		Trunk: Trunk{
			Type:         TrunkRegister,
			Transport:    "udp",
			NumberFormat: caller.FormatPlus,
			// The request line holds what we registered, or the number: it depends.
			DialledFrom: []string{"to", "request"},
			Expires:     defaultTrunk().Expires,
		},
		Notes: []string{
			"A carrier that wants registration, as many in Europe do: UDP, A-law, RFC 2833 keys, numbers as +E.164.",
			"Ask for: registrar, user, password, whether calls name the number in To, and the networks they come from.",
		},
	},
}

func defaultTrunk() (t Trunk) {
	t.setDefaults()
	return t
}

// Presets are the names of all presets, sorted.
func Presets() []string { return slices.Sorted(maps.Keys(presets)) }

// PresetOf is the preset that a trunk names; false without one.
func PresetOf(t Trunk) (Preset, bool) {
	p, ok := presets[t.Preset]
	return p, ok
}

// fillPresets sets what the trunks' presets say and the file does not.
func (f *File) fillPresets() {
	for i := range f.Trunks {
		t := &f.Trunks[i]
		preset, ok := presets[t.Preset]
		if !ok {
			continue // said by Validate
		}
		from, to := reflect.ValueOf(preset.Trunk), reflect.ValueOf(t).Elem()
		for n := range from.NumField() {
			key := from.Type().Field(n).Tag.Get("yaml")
			if _, set := f.origin[Key("trunks", i, key)]; !set && !from.Field(n).IsZero() {
				to.Field(n).Set(from.Field(n))
			}
		}
		// A slice of the preset's own must not be changed through a File.
		t.Addresses, t.Media = slices.Clone(t.Addresses), slices.Clone(t.Media)
		t.Codecs, t.DialledFrom = slices.Clone(t.Codecs), slices.Clone(t.DialledFrom)
	}
}
