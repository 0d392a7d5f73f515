package archive

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// keeperEnv makes the test binary a process that archives a spool, to be
// killed.
const keeperEnv = "GLENNLINE_TEST_KEEPER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(keeperEnv); dir != "" {
		if err := keepAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// crashFiles are how many recordings lie in the spool; half need repair.
const crashFiles = 40

func crashRecording(n int) []byte {
	file := recording(4000 + n)
	if n%2 == 1 {
		return killed(file)
	}
	return file
}

// keepAll archives and releases the spool in dir and says so on standard
// output, one by one.
func keepAll(dir string) error {
	a, err := Open(filepath.Join(dir, "archive"), filepath.Join(dir, "quarantine"))
	if err != nil {
		return err
	}
	for n := range crashFiles {
		path := filepath.Join(dir, "spool", fmt.Sprint(n, ".wav"))
		if _, err := os.Stat(path); err != nil {
			continue // released before
		}
		fmt.Println(n)
		v, err := a.Keep(context.Background(), path, testID(n), testDay)
		if err != nil {
			return err
		}
		if err := a.Release(path, v); err != nil {
			return err
		}
	}
	return nil
}

// Killed at any moment, the archive holds whole recordings only, each
// recording has a name, and the next process completes the work.
func TestKilledAtAnyMoment(t *testing.T) {
	a, spool := openTest(t)
	dir := filepath.Dir(spool)
	for n := range crashFiles {
		spoolFile(t, spool, fmt.Sprint(n, ".wav"), crashRecording(n))
	}
	r := rand.New(rand.NewPCG(9, 9))
	kills := 0
	for done := false; !done; {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), keeperEnv+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for range 1 + r.IntN(4) {
			lines.Scan()
		}
		if err := cmd.Process.Kill(); err == nil {
			kills++
		}
		done = cmd.Wait() == nil
		for n := range crashFiles {
			rel, err := place(testID(n), testDay)
			if err != nil {
				t.Fatal(err)
			}
			archived, err := os.ReadFile(filepath.Join(a.dir, rel))
			if err == nil && !bytes.Equal(archived, recording(4000+n)) {
				t.Fatalf("recording %d is not whole in the archive", n)
			}
			spooled, spoolErr := os.ReadFile(filepath.Join(spool, fmt.Sprint(n, ".wav")))
			if spoolErr == nil && !bytes.Equal(spooled, crashRecording(n)) {
				t.Fatalf("recording %d is not whole in the spool", n)
			}
			if err != nil && spoolErr != nil {
				t.Fatalf("recording %d is lost: %v, %v", n, err, spoolErr)
			}
		}
		if kills > 200 {
			t.Fatal("no end")
		}
	}
	if left := files(t, spool); len(left) > 0 {
		t.Errorf("left in the spool: %v", left)
	}
	if kills < 5 {
		t.Errorf("killed only %d times", kills)
	}
}
