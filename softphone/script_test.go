package softphone

import (
	"errors"
	"strings"
	"testing"
)

func TestScriptValidate(t *testing.T) {
	const to = "sip:100@127.0.0.1:5060"
	good := []Script{
		{To: to},
		{To: "sip:+3225550100@pbx.example;transport=tcp", From: "+32470550100"},
		{To: to, Withhold: true, AssertedIdentity: "+32470550100"},
		{To: to, Keys: "0123456789*#ABCD", KeysAt: AfterAnswer},
	}
	for _, s := range good {
		if err := s.Validate(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
	const number = "32470550100"
	bad := map[string]Script{
		"no address":                {},
		"not a URI":                 {To: "100"},
		"no user":                   {To: "sip:127.0.0.1"},
		"no such port":              {To: "sip:100@127.0.0.1:65536"},
		"tel":                       {To: "tel:+3225550100"},
		"TLS":                       {To: "sips:100@127.0.0.1"},
		"line break in the address": {To: "sip:100@127.0.0.1\r\nX: y"},
		"line break in From":        {To: to, From: number + "\r\nX: y"},
		"blank in From":             {To: to, From: "+32 470"},
		"bracket in the identity":   {To: to, AssertedIdentity: number + ">"},
		"From although withheld":    {To: to, From: number, Withhold: true},
		"speech without RTP":        {To: to, NoRTP: true, Say: make([]int16, 1)},
		"keys without RTP":          {To: to, NoRTP: true, Keys: "1"},
		"no such key":               {To: to, Keys: "1E"},
		"no such moment":            {To: to, HangupAt: "later"},
		"message after itself":      {To: to, SayAt: AfterMessage},
		"negative time":             {To: to, HangupAfter: -1},
		"header name":               {To: to, Headers: []Header{{"X y", "z"}}},
		"header value":              {To: to, Headers: []Header{{"X", "y\nz"}}},
	}
	for name, s := range bad {
		t.Run(name, func(t *testing.T) {
			err := s.Validate()
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("error %v, want ErrInvalid", err)
			}
			if strings.Contains(err.Error(), number) {
				t.Errorf("%q quotes the number", err)
			}
			if _, err := Call(t.Context(), Config{}, s); !errors.Is(err, ErrInvalid) {
				t.Errorf("Call: %v", err)
			}
		})
	}
}

func TestConfigValidate(t *testing.T) {
	good := []Config{{}, {BindHost: "::1", BindPort: 5070, Transport: "tcp"}}
	for _, c := range good {
		if err := c.Validate(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	bad := []Config{{BindHost: "localhost"}, {BindPort: 65536}, {BindPort: -1}, {Transport: "tls"}, {UserAgent: "x\r\ny"}}
	for _, c := range bad {
		if err := c.Validate(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v, want ErrInvalid", c, err)
		}
	}
}
