// Command write writes the labelled set as WAV files, for people who want to
// hear what the measure of package wav is calibrated and tested on:
//
//	go run ./voicemail/wav/labelled/write -to DIR [-seed 1] [-only TEXT]
//
// Each file is DIR/PART/LABEL/NAME.wav; standard output has a line for each,
// with what was measured and what it would count for, as tab-separated values.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"glennline/petition"
	"glennline/voicemail/wav"
	"glennline/voicemail/wav/labelled"
)

func main() {
	to := flag.String("to", "", "the `folder` to write to, which is made")
	seed := flag.Uint64("seed", 1, "of the set")
	only := flag.String("only", "", "only recordings whose name or kind holds this `text`")
	flag.Parse()
	if *to == "" || flag.NArg() > 0 {
		fmt.Fprintln(os.Stderr, "write: name the folder with -to DIR; -h tells the rest")
		os.Exit(2)
	}
	out := bufio.NewWriter(os.Stdout)
	err := write(out, *to, *seed, *only)
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "write:", err)
		os.Exit(1)
	}
}

func write(out io.Writer, to string, seed uint64, only string) error {
	fmt.Fprintln(out, "file\tkind\tlabel\tstatus\tseconds\tspeech\tunclear\ttones\tlevel_dbfs\tnoise_dbfs\thum_dbfs")
	for r := range labelled.Set(seed) {
		if !strings.Contains(r.Name, only) && !strings.Contains(r.Kind, only) {
			continue
		}
		samples := r.Samples()
		m := wav.Measure(samples, labelled.Rate)
		status, _ := petition.DefaultThresholds().Judge(petition.Consent{Complete: true}, m)
		path := filepath.Join(to, string(r.Part), string(r.Label), strings.NewReplacer("/", "-", " ", "_").Replace(r.Name)+".wav")
		if err := writeFile(path, samples); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\t%.1f\t%.1f\n", path, r.Kind, r.Label, status,
			m.Seconds, m.SpeechSeconds, m.UnclearSeconds, m.ToneSeconds, m.LevelDBFS, m.NoiseDBFS, m.HumDBFS)
		if err != nil {
			return err
		}
	}
	return nil
}

func writeFile(path string, samples []int16) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	if err := wav.Write(w, labelled.Rate, samples); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
