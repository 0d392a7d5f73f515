package reconcile_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"glennline/ops/reconcile"
	"glennline/petition"
)

// The carrier's list is one more witness, by Call-ID and else by time.
func TestCarrierList(t *testing.T) {
	h := open(t)
	var ids []string
	var starts []time.Time
	for range 3 {
		call, _ := h.signed()
		h.release(call)
		ids, starts = append(ids, call.SIPCallID), append(starts, call.StartedAt)
	}
	stamp := func(i int) string { return starts[i].Format(time.RFC3339) }
	later := starts[2].Add(time.Hour).Format(time.RFC3339)
	for name, tt := range map[string]struct {
		list string
		want []reconcile.Kind
	}{
		"all agree":                              {"time,call_id,duration\n" + stamp(0) + "," + ids[0] + ",10\n" + stamp(1) + "," + ids[1] + ",10\n" + stamp(2) + "," + ids[2] + ",10\n", nil},
		"by time, without Call-IDs":              {"time\n" + stamp(0) + "\n" + stamp(1) + "\n" + stamp(2) + "\n", nil},
		"other columns, other order, other time": {"a,Call_ID,Time\n1," + ids[0] + "," + starts[0].Format(time.DateTime) + "\n1," + ids[1] + "," + stamp(1) + "\n1," + ids[2] + "," + stamp(2) + "\n", nil},
		"the carrier alone has it":               {"time,call_id\n" + stamp(0) + "," + ids[0] + "\n" + stamp(1) + "," + ids[1] + "\n" + stamp(2) + "," + ids[2] + "\n" + later + ",stranger\n", []reconcile.Kind{reconcile.CarrierOnly}},
		"not answered, says the carrier":         {"time,duration\n" + later + ",0\n" + later + ",0:00:00\n", nil},
		"of a spreadsheet":                       {"\ufefftime;call_id\r\n" + stamp(0) + ";" + ids[0] + "\r\n" + stamp(1) + ";" + ids[1] + "\r\n" + stamp(2) + ";" + ids[2] + "\r\n", nil},
		"we alone have it":                       {"time,call_id\n" + stamp(0) + "," + ids[0] + "\n" + starts[2].Add(time.Second).Format(time.RFC3339) + "," + ids[2] + "\n", []reconcile.Kind{reconcile.NotCarried}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := h.cfg
			cfg.CarrierList = filepath.Join(t.TempDir(), "cdr.csv")
			h.write(cfg.CarrierList, []byte(tt.list))
			var got []reconcile.Kind
			cfg.Found = func(f reconcile.Finding) { got = append(got, f.Kind) }
			report, err := reconcile.Run(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, tt.want) || report.Left != len(tt.want) {
				t.Errorf("found %v, left %d; want %v", got, report.Left, tt.want)
			}
		})
	}
	for name, list := range map[string]string{
		"empty":           "",
		"no time":         "when,call_id\n1,2\n",
		"not a time":      "time\nyesterday\n",
		"a line too long": "time\n" + stamp(0) + ",x\n",
	} {
		t.Run(name, func(t *testing.T) {
			cfg := h.cfg
			cfg.CarrierList = filepath.Join(t.TempDir(), "cdr.csv")
			h.write(cfg.CarrierList, []byte(list))
			// Nothing is done before the list is known to be one.
			cfg.Apply = true
			h.spool(h.open(), speech(t))
			before := h.state()
			if _, err := reconcile.Run(t.Context(), cfg); !errors.Is(err, reconcile.ErrCarrierList) {
				t.Errorf("error = %v, want ErrCarrierList", err)
			}
			if after := h.state(); after != before {
				t.Errorf("it changes\n%s\ninto\n%s", before, after)
			}
		})
	}
}

// A call of ours explains one line of the list.
func TestCarrierOneToOne(t *testing.T) {
	h := open(t)
	var calls []petition.Call
	for range 3 { // a minute apart
		call, _ := h.signed()
		h.release(call)
		calls = append(calls, call)
	}
	line := func(i int, after time.Duration, id string) string {
		return calls[i].StartedAt.Add(after).Format(time.RFC3339) + "," + id + "\n"
	}
	known := line(0, 0, calls[0].SIPCallID) + line(1, 0, calls[1].SIPCallID) + line(2, 0, calls[2].SIPCallID)
	lost := reconcile.CarrierOnly
	for name, tt := range map[string]struct {
		lines  string
		want   []reconcile.Kind
		at     string // lines of the findings
		byTime bool
	}{
		"a stranger in the same second":       {known + line(1, 0, "stranger"), []reconcile.Kind{lost}, "5", false},
		"more strangers than calls":           {known + strings.Repeat(line(1, 0, "stranger"), 4), []reconcile.Kind{lost, lost, lost, lost}, "5 6 7 8", false},
		"no Call-IDs, more lines than calls":  {line(0, 0, "") + line(1, -3*time.Second, "") + line(1, 0, "") + line(2, 0, ""), []reconcile.Kind{lost}, "3", false},
		"no Call-IDs, fewer lines than calls": {line(0, 0, "") + line(2, time.Second, ""), []reconcile.Kind{reconcile.NotCarried}, "", false},
		"no Call-ID, and its call is taken":   {known + line(1, 0, ""), []reconcile.Kind{lost}, "5", false},
		"some without Call-ID":                {line(2, 0, "") + line(0, 0, calls[0].SIPCallID) + line(1, 0, calls[1].SIPCallID), nil, "", false},
		"exactly the same line twice":         {known + line(1, 0, calls[1].SIPCallID), []reconcile.Kind{lost}, "5", false},
		"the same twice, without Call-IDs":    {line(0, 0, "") + line(1, 0, "") + line(1, 0, "") + line(2, 0, ""), []reconcile.Kind{lost}, "4", false},
		"the carrier has its own Call-IDs":    {line(0, time.Second, "x") + line(1, time.Second, "y") + line(2, time.Second, "z"), nil, "", true},
		"its own, and one more":               {line(0, 0, "x") + line(1, 0, "y") + line(1, 5*time.Second, "w") + line(2, 0, "z"), []reconcile.Kind{lost}, "4", true},
		"its own, and one less":               {line(0, 0, "x") + line(2, time.Second, "z"), []reconcile.Kind{reconcile.NotCarried}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			got, at, report := h.carrier("time,call_id\n" + tt.lines)
			if !slices.Equal(got, tt.want) || at != tt.at || report.Left != len(tt.want) || report.CarriedByTime != tt.byTime {
				t.Errorf("found %v in lines %q, left %d, by time %t; want %v in %q, %t", got, at, report.Left, report.CarriedByTime, tt.want, tt.at, tt.byTime)
			}
		})
	}
}

// A call that was recorded without Call-ID explains one line with one that we do
// not know.
func TestCarrierCallWithoutCallID(t *testing.T) {
	h := open(t)
	var calls []petition.Call
	for i := range 2 {
		call := h.call()
		if i == 1 {
			call.SIPCallID = ""
		}
		if err := h.db.Begin(t.Context(), call); err != nil {
			t.Fatal(err)
		}
		if _, err := h.db.End(t.Context(), petition.Closing{
			CallID: call.ID, Ending: petition.Ending{Result: petition.ResultHungUp, Reason: petition.ReasonDuringNotice},
			AnsweredAt: call.StartedAt.Add(time.Second), EndedAt: call.StartedAt.Add(10 * time.Second),
		}); err != nil {
			t.Fatal(err)
		}
		calls = append(calls, call)
	}
	stamp := func(i int, after time.Duration) string { return calls[i].StartedAt.Add(after).Format(time.RFC3339) }
	got, at, _ := h.carrier("time,call_id\n" + stamp(0, 0) + "," + calls[0].SIPCallID + "\n" +
		stamp(0, 0) + ",stranger\n" + stamp(1, 4*time.Second) + ",other\n" + stamp(1, 0) + ",its own\n")
	if want := []reconcile.Kind{reconcile.CarrierOnly, reconcile.CarrierOnly}; !slices.Equal(got, want) || at != "3 4" {
		t.Errorf("found %v in lines %q, want %v in 3 4", got, at, want)
	}
}

// carrier reconciles with a list, and gives what was found and in which lines.
func (h *house) carrier(list string) (found []reconcile.Kind, lines string, report reconcile.Report) {
	h.t.Helper()
	cfg := h.cfg
	cfg.CarrierList = filepath.Join(h.t.TempDir(), "cdr.csv")
	h.write(cfg.CarrierList, []byte(list))
	var at []string
	cfg.Found = func(f reconcile.Finding) {
		found = append(found, f.Kind)
		if _, line, ok := strings.Cut(f.Path, "cdr.csv:"); ok {
			at = append(at, line)
		}
	}
	report, err := reconcile.Run(h.t.Context(), cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	return found, strings.Join(at, " "), report
}
