// Package caller turns the number that a call came from into what may be kept
// of it: the class of its line and a keyed pseudonym. The number itself leaves
// this package in no form, errors included; what Mask leaves of it is for a screen.
package caller

import (
	"strings"

	"github.com/nyaruka/phonenumbers/v2"

	"glennline/petition"
)

// Identify says what may be kept of a caller.
//
// Presentation is Asterisk's CALLERID(num-pres), and the only thing that tells
// whether a number was withheld: one asserted under "Privacy: id" (RFC 3325)
// still arrives as the caller's number. Unless presentation is one of the
// allowed ones the number is not looked at. A number that was sent but is none
// (letters, an emergency or short code, 40 digits) is ClassUnknown.
func Identify(s *Secret, number, presentation, region string) petition.Caller {
	number = strings.TrimSpace(number)
	if !allowed(presentation) {
		if presentation == "unavailable" && number == "" {
			return petition.Caller{Class: petition.ClassUnknown}
		}
		return petition.Caller{Class: petition.ClassWithheld}
	}
	// A telephone may withhold its number by itself, without asking the network
	// to: RFC 3323, section 4.1.1.3.
	if strings.EqualFold(number, "anonymous") {
		return petition.Caller{Class: petition.ClassWithheld}
	}
	n, err := parse(number, region)
	if err != nil {
		return petition.Caller{Class: petition.ClassUnknown}
	}
	return petition.Caller{
		Class:     class(n),
		Pseudonym: s.Pseudonym(phonenumbers.Format(n, phonenumbers.E164)),
		KeyID:     s.ID,
	}
}

// allowed knows the presentations by their names in Asterisk's callerid.c. Any
// other, and any to come, counts as withheld.
func allowed(presentation string) bool {
	switch presentation {
	case "allowed", "allowed_not_screened", "allowed_passed_screen", "allowed_failed_screen":
		return true
	}
	return false
}

// class is mobile or fixed only where the numbering plan tells: in North
// America, for one, it does not.
func class(n *phonenumbers.PhoneNumber) petition.Class {
	switch phonenumbers.GetNumberType(n) { //nolint:exhaustive // every other type is other
	case phonenumbers.MOBILE:
		return petition.ClassMobile
	case phonenumbers.FIXED_LINE:
		return petition.ClassFixed
	default:
		return petition.ClassOther
	}
}
