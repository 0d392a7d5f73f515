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
// count, from how many telephone lines, and of how many the number was withheld or
// is not known otherwise. A number stands alone, so that none needs another grammar.
var sentence = map[string]struct{ moment, text string }{
	"fr": {
		"02/01/2006 à 15:04:05",
		"Le %s UTC, expressions de soutien par téléphone comptées : %d, dont lignes différentes : %d, numéros masqués : %d et numéros inconnus : %d ; signatures au sens de la loi : 0.",
	},
	"nl": {
		"02-01-2006 om 15:04:05",
		"Op %s UTC, getelde steunbetuigingen per telefoon: %d, waarvan verschillende lijnen: %d, verborgen nummers: %d en onbekende nummers: %d; handtekeningen in de zin van de wet: 0.",
	},
	"de": {
		"02.01.2006 um 15:04:05",
		"Am %s UTC, gezählte telefonische Unterstützungen: %d, davon verschiedene Anschlüsse: %d, unterdrückte Nummern: %d und unbekannte Nummern: %d; Unterschriften im Sinne des Gesetzes: 0.",
	},
	"en": {
		"2 January 2006 at 15:04:05",
		"On %s UTC, expressions of support by telephone counted: %d, of which different lines: %d, withheld numbers: %d and unknown numbers: %d; signatures under the law: 0.",
	},
}

func sentences(at time.Time, f petition.Figure) map[string]string {
	all := make(map[string]string, len(languages))
	for _, name := range languages {
		s := sentence[name]
		all[name] = message.NewPrinter(language.Make(name)).Sprintf(s.text, at.UTC().Format(s.moment), f.Counted, f.Lines, f.Withheld, f.Unknown)
	}
	return all
}
