package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// test is one test function of a package.
type test struct{ pkg, name string }

// tests is a set of test functions.
type tests map[test]struct{}

func (s tests) packages() []string {
	return s.collect(func(t test) string { return t.pkg })
}

// pattern is the -run expression for these tests and no others.
func (s tests) pattern() string {
	return "^(" + strings.Join(s.collect(func(t test) string { return t.name }), "|") + ")$"
}

func (s tests) collect(field func(test) string) []string {
	set := map[string]struct{}{}
	for t := range s {
		set[field(t)] = struct{}{}
	}
	return slices.Sorted(maps.Keys(set))
}

// list reads from the source which test functions the packages have. With
// tags, these are only the ones in files that the tags add.
func list(ctx context.Context, tags string, patterns []string) (tests, error) {
	files, err := testFiles(ctx, patterns, "-tags="+tags)
	if err != nil {
		return nil, err
	}
	if tags != "" {
		// Packages that only the tags bring in are no error here: -e.
		plain, err := testFiles(ctx, patterns, "-e")
		if err != nil {
			return nil, err
		}
		for file := range plain {
			delete(files, file)
		}
	}
	found := tests{}
	for file, pkg := range files {
		names, err := functions(file)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			found[test{pkg, name}] = struct{}{}
		}
	}
	return found, nil
}

// testFiles maps each test file to its package.
func testFiles(ctx context.Context, patterns []string, flag string) (map[string]string, error) {
	args := append([]string{"list", flag, "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles"}, patterns...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	files := map[string]string{}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath, Dir           string
			TestGoFiles, XTestGoFiles []string
		}
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
			files[filepath.Join(p.Dir, name)] = p.ImportPath
		}
	}
}

// functions names the functions in a file that go test runs by default.
// Examples are left out: those without output are compiled, not run.
func functions(file string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if ok && fn.Recv == nil && isTest(fn) {
			names = append(names, fn.Name.Name)
		}
	}
	return names, nil
}

// isTest follows go test's own rule: TestX or FuzzX where X does not begin in
// lower case, and one parameter. TestMain is the exception, unless it takes a
// *testing.T.
func isTest(fn *ast.FuncDecl) bool {
	name := fn.Name.Name
	rest, ok := strings.CutPrefix(name, "Test")
	if !ok {
		rest, ok = strings.CutPrefix(name, "Fuzz")
	}
	first, _ := utf8.DecodeRuneInString(rest)
	if !ok || unicode.IsLower(first) || fn.Type.Params.NumFields() != 1 {
		return false
	}
	star, ok := fn.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	sel, ok := star.X.(*ast.SelectorExpr)
	return ok && (sel.Sel.Name == "T" || sel.Sel.Name == "F")
}
