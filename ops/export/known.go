package export

// known are texts as they are written. A million rows have few different ones,
// most of all the banner, and each is made once.
type known map[string]string

// maxKnown bounds how many are kept.
const maxKnown = 256

// form is how a text is written.
func (k known) form(text string, make func(string) string) string {
	form, ok := k[text]
	if !ok {
		form = make(text)
		if len(k) < maxKnown {
			k[text] = form
		}
	}
	return form
}
