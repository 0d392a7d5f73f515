package pbx

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

// console is where Asterisk's standard output and error go: a FIFO in its run
// folder, read line by line into our log.
//
// Why a FIFO: Asterisk must outlive a glennline that is killed, and its lines
// hold callers' numbers. A pipe dies with its reader, and from then on nobody
// could read; a file would put numbers on disk. A FIFO can be opened by the next
// glennline, keeps its content in the kernel, and has a bounded size.
//
// Asterisk holds it open for reading too (O_RDWR), so that there always is a
// reader and a write never ends in SIGPIPE or EPIPE; and without blocking
// (O_NONBLOCK), so that with nobody emptying it further lines are lost instead
// of Asterisk's log thread standing still.
type console struct {
	path string
	file *os.File // ours, to read and to write marks
	log  *zap.Logger
	said *repeats
	done chan struct{}

	security *securityLog // by read alone

	looked  time.Time // for a trace that nobody wants any more; by read alone
	looking sync.WaitGroup

	mu     sync.Mutex
	recent []string // what to say about an Asterisk that does not start
	marks  map[string]chan struct{}
	lastID int
}

// consoleSize is how much Asterisk may say while nobody listens: the largest
// that an ordinary user may ask for unless the system was told otherwise.
const consoleSize = 1 << 20

// recentLines is how many warnings and errors are remembered.
const recentLines = 8

// openConsole opens the FIFO, makes it if need be, and starts to read; security
// events go to a file in the folder logs. The caller closes it.
func openConsole(path, logs string, log *zap.Logger) (*console, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = unix.Mkfifo(path, 0o600)
	case err == nil && info.Mode().Type() != fs.ModeNamedPipe:
		err = fmt.Errorf("%s is no FIFO; remove it", path)
	}
	if err != nil {
		return nil, fmt.Errorf("asterisk console: %w", err)
	}
	f, err := openFIFO(path)
	if err != nil {
		return nil, err
	}
	// Smaller than wished is no fault: lines are lost sooner, and only while
	// glennline is away.
	_, _ = unix.FcntlInt(f.Fd(), unix.F_SETPIPE_SZ, consoleSize) // Fd leaves it non-blocking, as NewFile found it so
	c := &console{path: path, file: f, log: log, done: make(chan struct{}), marks: map[string]chan struct{}{}}
	c.said = newRepeats(c.write)
	c.security = newSecurityLog(logs, log)
	go c.read()
	return c, nil
}

// openFIFO opens for reading and writing, and without blocking.
func openFIFO(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// writer is an end for a new Asterisk. The caller closes it.
func (c *console) writer() (*os.File, error) { return openFIFO(c.path) }

func (c *console) close() {
	_ = c.file.Close() // ends the read; nothing is buffered
	<-c.done
	c.looking.Wait()
	c.security.close()
	c.said.close()
}

// markPrefix starts a line that Asterisk cannot write: it strips control
// characters from what it logs.
const markPrefix = "\x01glennline "

// flush returns when everything that was written before it has been logged.
func (c *console) flush(ctx context.Context) {
	reached := make(chan struct{})
	c.mu.Lock()
	c.lastID++
	mark := markPrefix + strconv.Itoa(c.lastID)
	c.marks[mark] = reached
	c.mu.Unlock()
	// A line that was cut by the end of its writer ends here too.
	if _, err := io.WriteString(c.file, "\n"+mark+"\n"); err != nil {
		return
	}
	select {
	case <-reached:
	case <-c.done:
	case <-ctx.Done():
	}
}

func (c *console) read() {
	defer close(c.done)
	r := bufio.NewReaderSize(c.file, 64<<10)
	for {
		line, err := r.ReadSlice('\n')
		if len(line) > 0 {
			c.take(strings.TrimRight(string(line), "\n"))
		}
		// A line longer than the buffer is taken in parts.
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// take handles one line.
func (c *console) take(text string) {
	if strings.HasPrefix(text, markPrefix) {
		c.mu.Lock()
		if reached, ok := c.marks[text]; ok {
			close(reached)
			delete(c.marks, text)
		}
		c.mu.Unlock()
		return
	}
	if strings.Contains(text, traceSource) {
		c.traced(time.Now())
		return
	}
	if e, thread, ok := parseSecurityLine(text); ok {
		c.security.write(e, thread)
		return
	}
	l := parseLine(text)
	if l.text == "" {
		return
	}
	if l.notable {
		c.remember(l.text)
	}
	c.said.admit(l)
}

// traced takes note that Asterisk traces SIP, and now and then looks whether it
// still should. Messages are never logged, at no level.
func (c *console) traced(now time.Time) {
	if now.Sub(c.looked) < traceBeat {
		return
	}
	c.looked = now
	c.looking.Go(func() { // Asterisk may wait for us to read on
		ctx, cancel := context.WithTimeout(context.Background(), traceBeat)
		defer cancel()
		control{path: filepath.Join(filepath.Dir(c.path), "asterisk.ctl")}.endTrace(ctx, now)
	})
}

// write logs a line.
func (c *console) write(l line) {
	ce := c.log.Check(l.level, "asterisk says")
	if ce == nil {
		return
	}
	fields := []zap.Field{zap.String("text", l.text)}
	if l.source != "" {
		fields = append(fields, zap.String("source", l.source))
	}
	if l.call != "" {
		fields = append(fields, zap.String("call", l.call))
	}
	ce.Write(fields...)
}

func (c *console) remember(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recent = append(c.recent, text)
	if len(c.recent) > recentLines {
		// The first tell the cause, the last the end.
		c.recent = slices.Delete(c.recent, recentLines/2, recentLines/2+1)
	}
}

// trouble is the last warnings and errors, oldest first, and forgets them.
func (c *console) trouble() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := strings.Join(c.recent, "; ")
	c.recent = nil
	return text
}

// logPath is Asterisk's log folder.
func logPath(dir string) string { return filepath.Join(dir, "log") }

func consolePath(dir string) string { return filepath.Join(dir, "run", "console") }
