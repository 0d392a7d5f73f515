package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"slices"
)

//go:embed page.html.tmpl
var pageTemplate string

//go:embed page.css
var pageStyle string

// styleHash lets the page's policy allow its own style and nothing else.
var styleHash = func() string {
	sum := sha256.Sum256([]byte(pageStyle))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}()

var pages = template.Must(template.New("page").Funcs(template.FuncMap{
	"number":   number,
	"zero":     zero,
	"aside":    witnessed,
	"day":      dayName,
	"status":   statusName,
	"line":     lineName,
	"language": languageName,
	"ending":   endingName,
}).Parse(pageTemplate))

// sheet is a report as the page's template needs it.
type sheet struct {
	*Report
	Style       template.CSS
	StyleHash   template.HTMLAttr
	When, About string
	Headline    string
	Fixed       string
	Milestones  []string
	Projection  []string
	Overview    string
	Witnessed   []string
	Legend      string
	Course      *course
	DayBars     *barChart
	Heat        *heatMap
	Rows        []dayRow
	Sides       []side
}

// dayRow is a row of the table of days, after as many that are left out.
type dayRow struct {
	Day
	Gap   int
	Names []string // of the hours
}

// side is a side figure in words.
type side struct {
	Name, Told, Source string
	Compared           []string
	Before             []side
}

// HTML writes the report as a page that needs nothing else: no network, no
// script. It follows the reader's choice of light and dark, and prints.
func (r *Report) HTML(out io.Writer) error {
	s := sheet{
		Report:     r,
		Style:      template.CSS(pageStyle), //nolint:gosec // it is the program's own
		StyleHash:  template.HTMLAttr(`content="default-src 'none'; style-src '` + styleHash + `'; base-uri 'none'; form-action 'none'"`),
		When:       r.moment(r.AsOf),
		About:      r.about(),
		Headline:   r.headline(),
		Fixed:      r.fixed(),
		Milestones: r.milestones(),
		Projection: r.projection(),
		Overview:   r.overview(),
		Witnessed:  r.witnessed(),
		Legend:     legend,
		Course:     r.courseChart(),
		DayBars:    r.dayChart(),
		Heat:       r.heatMap(),
	}
	for i, d := range r.Days {
		row := dayRow{Day: d}
		if i > 0 {
			row.Gap = daysBetween(r.Days[i-1].Date, d.Date)
		}
		for _, h := range d.Hours {
			row.Names = append(row.Names, r.hourName(h.Start))
		}
		s.Rows = append(s.Rows, row)
	}
	for _, k := range r.KPIs {
		told := side{Name: k.Name, Told: k.told(), Source: k.Source, Compared: k.compared()}
		for _, before := range slices.Backward(k.Before) {
			told.Before = append(told.Before, side{Told: before.told(), Source: before.Source})
		}
		s.Sides = append(s.Sides, told)
	}
	return pages.Execute(out, s)
}
