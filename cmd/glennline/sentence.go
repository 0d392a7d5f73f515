package main

import (
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"glennline/petition"
)

// languages are those of the sentences for the press, in their order.
var languages = []string{"fr", "nl", "de", "en"}

// sentence is how a figure is told in a language: with the moment, how many
// count, from how many telephone lines, and how many of them without a number.
var sentence = map[string]struct{ moment, text string }{
	"fr": {
		"02/01/2006 à 15:04:05",
		"Le %s UTC, %d expressions de soutien par téléphone étaient comptées, de %d lignes différentes et de %d appels à numéro masqué ; aucune n'est une signature au sens de la loi.",
	},
	"nl": {
		"02-01-2006 om 15:04:05",
		"Op %s UTC waren %d steunbetuigingen per telefoon geteld, van %d verschillende lijnen en uit %d oproepen met een verborgen nummer; geen daarvan is een handtekening in de zin van de wet.",
	},
	"de": {
		"02.01.2006 um 15:04:05",
		"Am %s UTC waren %d telefonische Unterstützungen gezählt, von %d verschiedenen Anschlüssen und aus %d Anrufen mit unterdrückter Nummer; keine davon ist eine Unterschrift im Sinne des Gesetzes.",
	},
	"en": {
		"2 January 2006 at 15:04:05",
		"On %s UTC, %d expressions of support by telephone were counted, from %d different lines and from %d calls with a withheld number; none is a signature under the law.",
	},
}

func sentences(at time.Time, f petition.Figure) map[string]string {
	all := make(map[string]string, len(languages))
	for _, name := range languages {
		s := sentence[name]
		all[name] = message.NewPrinter(language.Make(name)).Sprintf(s.text, at.UTC().Format(s.moment), f.Counted, f.Lines, f.Withheld)
	}
	return all
}
