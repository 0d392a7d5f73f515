package reconcile_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"glennline/ops/reconcile"
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
