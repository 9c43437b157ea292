package settings

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// YAML makes a layer of a file: sections become paths, and every scalar keeps the text of
// the file, such as 0123 and 1e3. Invalid YAML, duplicate keys, and what a configuration
// does not use (anchors, tags, several documents) are mistakes.
func YAML(path string) (Layer, Mistakes) {
	r := yamlReader{name: filepath.Base(path), layer: Layer{}}
	data, err := readFile(path)
	if err != nil {
		r.add(Mistake{
			Key: path, Problem: "the file cannot be read",
			Cure: "check --config or DOORCODE_CONFIG and that the server may read it",
		})
		return r.layer, r.mistakes
	}
	file, err := parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.add(syntaxMistake(path, err))
		return r.layer, r.mistakes
	}
	docs := 0
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType {
			continue
		}
		if docs++; docs > 1 {
			r.refuse("", doc.Body, "a second document", "put everything into one")
			break
		}
		r.walk("", doc.Body)
	}
	return r.layer, r.mistakes
}

// syntaxMistake keeps of a parser's error where it is and nothing else: its text
// quotes the lines around it.
func syntaxMistake(path string, err error) Mistake {
	m := Mistake{Key: path, Problem: "not YAML", Cure: "write key: value lines, with spaces before those of a section"}
	var syntax yaml.Error
	if errors.As(err, &syntax) && syntax.GetToken() != nil && syntax.GetToken().Position != nil {
		at := syntax.GetToken().Position
		m.Origin = fmt.Sprintf("line %d, column %d", at.Line, at.Column)
	}
	return m
}

type yamlReader struct {
	name     string // of the file
	layer    Layer
	mistakes Mistakes
}

func (r *yamlReader) add(m Mistake) { r.mistakes = append(r.mistakes, m) }

func (r *yamlReader) refuse(path string, n ast.Node, problem, cure string) {
	if path == "" {
		path = r.name
	}
	r.add(Mistake{Key: path, Origin: r.origin(n), Problem: problem, Cure: cure})
}

func (r *yamlReader) origin(n ast.Node) string {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return r.name + ":" + strconv.Itoa(t.Position.Line)
	}
	return r.name
}

// walk takes a node that is the value of a path, "" for the whole document.
func (r *yamlReader) walk(path string, n ast.Node) {
	switch n := n.(type) {
	case *ast.MappingNode:
		seen := map[string]bool{}
		for _, pair := range n.Values {
			r.pair(path, pair, seen)
		}
	case *ast.MappingValueNode:
		r.pair(path, n, map[string]bool{})
	case *ast.SequenceNode:
		if path == "" {
			r.refuse(path, n, "a lone list", "write key: value lines")
			return
		}
		r.list(path, n)
	case *ast.NullNode:
	default:
		text, ok := scalar(n)
		switch {
		case !ok:
			r.refuse(path, n, "an anchor, alias or tag", "write the value out")
		case path == "":
			r.refuse(path, n, "a lone value", "write key: value lines")
		default:
			r.layer[path] = Raw{Texts: []string{text}, Origin: r.origin(n)}
		}
	}
}

func (r *yamlReader) pair(section string, pair *ast.MappingValueNode, seen map[string]bool) {
	key, ok := scalar(pair.Key)
	switch {
	case !ok || strings.ContainsAny(key, "\n\r") || len(key) > 64:
		r.refuse(section, pair, "a key that is no name", "write the keys out, one a line")
	case strings.Contains(key, "."):
		r.refuse(key, pair, "a key with a dot", "write "+strings.Replace(key, ".", ": and below it ", 1))
	case seen[key]:
		r.refuse(strings.TrimPrefix(section+"."+key, "."), pair, "is there twice", "keep one of the two")
	default:
		seen[key] = true
		r.walk(strings.TrimPrefix(section+"."+key, "."), pair.Value)
	}
}

func (r *yamlReader) list(path string, n *ast.SequenceNode) {
	raw := Raw{List: true, Origin: r.origin(n)}
	for _, item := range n.Values {
		text, ok := scalar(item)
		if !ok {
			r.refuse(path, item, "a list of more than values", "list plain values only")
			return
		}
		raw.Texts = append(raw.Texts, text)
	}
	r.layer[path] = raw
}

// scalar is the text of a value as it stands in the file.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	case *ast.MappingKeyNode:
		return scalar(n.Value)
	default:
		return "", false
	}
}
