package config

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// decoder fills a File from the YAML library's syntax tree. It does so itself
// because it wants every fault with its line and not just the first, remembers
// where each key was set, and takes the text of a value as it stands: to YAML
// a telephone number such as 025550100 is an octal integer.
type decoder struct {
	name   string // of the file, for messages
	file   *File
	faults Faults
}

// decode reads data over what file holds.
func decode(name string, data []byte, file *File) error {
	d := &decoder{name: name, file: file}
	tree, err := parser.ParseBytes(data, 0)
	if syntax := yaml.Error(nil); errors.As(err, &syntax) && syntax.GetToken() != nil {
		d.fault(syntax.GetToken().Position.Line, "", "%s: correct the YAML there", syntax.GetMessage())
		return d.faults
	} else if err != nil {
		return fmt.Errorf("%s: correct the YAML: %w", name, err)
	}
	seen := false
	for _, doc := range tree.Docs {
		switch {
		case doc.Body == nil:
		case seen:
			d.faultAt(doc.Body, "", "a second document: put everything into one, without ---")
		default:
			seen = true
			d.fill(reflect.ValueOf(file).Elem(), doc.Body, "")
		}
	}
	return d.faults.err()
}

func (d *decoder) fault(line int, key, format string, args ...any) {
	d.faults.add(d.place(line), key, format, args...)
}

func (d *decoder) faultAt(n ast.Node, key, format string, args ...any) {
	d.fault(line(n), key, format, args...)
}

func (d *decoder) place(line int) string { return fmt.Sprintf("%s:%d", d.name, line) }

func line(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 1
}

// fill sets v, which has the key path, from a node.
func (d *decoder) fill(v reflect.Value, n ast.Node, path string) {
	switch node := n.(type) {
	case *ast.NullNode:
		d.faultAt(n, path, "no value: give it one or remove the key (a # begins a comment: write \"#\")")
	case *ast.MappingNode:
		if v.Kind() != reflect.Struct {
			d.faultAt(n, path, "keys below it: %s", wanted(v))
			return
		}
		d.fillStruct(v, node, path)
	case *ast.SequenceNode:
		if v.Kind() != reflect.Slice {
			d.faultAt(n, path, "a list: %s", wanted(v))
			return
		}
		d.fillSlice(v, node, path)
	case ast.ScalarNode:
		text, plain := scalarText(node)
		switch {
		case !plain:
			d.faultAt(n, path, "anchors, aliases and tags are not read: write the value itself")
		case v.Kind() == reflect.Struct || v.Kind() == reflect.Slice:
			d.faultAt(n, path, "%q alone: %s", text, wanted(v))
		default:
			if err := put(v, text); err != nil {
				d.faultAt(n, path, "%s", err)
			}
		}
	default:
		d.faultAt(n, path, "anchors, aliases and tags are not read: write the value itself")
	}
}

// wanted says what a key of v's type takes.
func wanted(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		return "write a list, each element after a -, with the keys " + strings.Join(keysOf(v.Type().Elem()), ", ")
	case v.Kind() == reflect.Slice:
		return "write a list in [ ]"
	case v.Kind() == reflect.Struct:
		return "write the keys " + strings.Join(keysOf(v.Type()), ", ")
	}
	return "write a single value, in quotes if there is a colon in it"
}

// scalarText is a value as it stands in the file. It is false for what only
// refers to one.
func scalarText(n ast.ScalarNode) (string, bool) {
	switch node := n.(type) {
	case *ast.StringNode:
		return node.Value, true
	case *ast.LiteralNode:
		return node.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (d *decoder) fillStruct(v reflect.Value, n *ast.MappingNode, path string) {
	for _, pair := range n.Values {
		name, plain := pair.Key.(*ast.StringNode)
		key := pair.Key.GetToken().Value
		if plain {
			key = name.Value
		}
		field, known := child(v, key)
		if !known {
			d.faultAt(pair.Key, path, "unknown key %q: %s", key, d.unknown(v, key))
			continue
		}
		full := strings.TrimPrefix(path+"."+key, ".")
		d.file.set(full, d.place(line(pair.Key)))
		d.fill(field, pair.Value, full)
	}
}

// unknown says what was probably meant by a key that v does not have.
func (d *decoder) unknown(v reflect.Value, key string) string {
	known := keysOf(v.Type())
	if nearest(key, known) == "" {
		if other := elsewhere(key); len(other) > 0 {
			return "its place is " + strings.Join(other, " or ")
		}
	}
	return meant(key, known)
}

func (d *decoder) fillSlice(v reflect.Value, n *ast.SequenceNode, path string) {
	list := reflect.MakeSlice(v.Type(), len(n.Values), len(n.Values))
	for i, node := range n.Values {
		full := fmt.Sprintf("%s[%d]", path, i)
		d.file.set(full, d.place(line(node)))
		element := list.Index(i)
		if e, ok := reflect.TypeAssert[defaulter](element.Addr()); ok {
			e.setDefaults()
		}
		d.fill(element, node, full)
	}
	v.Set(list)
}
