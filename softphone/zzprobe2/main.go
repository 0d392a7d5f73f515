package main

import (
	"context"
	"flag"
	"fmt"
	"sort"
	"sync"
	"time"
	"os"
	"runtime/pprof"

	"glennline/softphone"
	"glennline/softphone/audio"
)

func main() {
	n := flag.Int("n", 100, "")
	spread := flag.Duration("spread", 2*time.Second, "")
	to := flag.String("to", "sip:plain@127.0.0.1:15200", "")
	prof := flag.String("prof", "", "")
	flag.Parse()
	if *prof != "" {
		f, _ := os.Create(*prof)
		pprof.StartCPUProfile(f)
	}
	say, err := audio.ReadWAV("/tmp/sp/say.wav")
	if err != nil {
		panic(err)
	}
	var wg sync.WaitGroup
	reps := make([]softphone.Report, *n)
	errs := make([]error, *n)
	for i := range *n {
		wg.Go(func() {
			time.Sleep(*spread * time.Duration(i) / time.Duration(*n))
			reps[i], errs[i] = softphone.Call(context.Background(), softphone.Config{}, softphone.Script{To: *to, Say: say, SayDelay: 300 * time.Millisecond, From: fmt.Sprintf("+3247055%04d", i)})
		})
	}
	wg.Wait()
	if *prof != "" {
		pprof.StopCPUProfile()
		return
	}
	time.Sleep(time.Second)
	count := map[string]int{}
	var ans, jit, wait []float64
	lost, worstCorr, worstLevel, worstGap, worstShift := 0, 1.0, 0.0, time.Duration(0), time.Duration(0)
	minCov := 1.0
	for i, r := range reps {
		count[fmt.Sprintf("%s status=%d beeps=%d said=%v err=%v", r.Ended, r.Status, len(r.Beeps), r.Said == len(say), errs[i])]++
		ans = append(ans, r.AnswerTime.Seconds()*1e3)
		jit = append(jit, r.Stream.MaxJitter.Seconds()*1e3)
		wait = append(wait, r.Stream.LongestWait.Seconds()*1e3)
		lost += r.Stream.Lost
		got, err := audio.ReadWAV("/tmp/sp/ast/spool/recording/plain-" + r.CallID + ".wav")
		if err != nil {
			count["no recording"]++
			continue
		}
		c := audio.Compare(say, got, 8000)
		worstCorr = min(worstCorr, c.Correlation)
		worstLevel = max(worstLevel, c.LevelDB, -c.LevelDB)
		worstGap = max(worstGap, c.LongestGap)
		worstShift = max(worstShift, c.MaxShift)
		minCov = min(minCov, c.Covered)
	}
	for _, x := range [][]float64{ans, jit, wait} {
		sort.Float64s(x)
		fmt.Printf("p50 %.1f p95 %.1f max %.1f ms\n", x[len(x)/2], x[len(x)*95/100], x[len(x)-1])
	}
	fmt.Println(count)
	fmt.Println("lost", lost, "corr", worstCorr, "level", worstLevel, "gap", worstGap, "shift", worstShift, "covered", minCov)
}
