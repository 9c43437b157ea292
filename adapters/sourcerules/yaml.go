package sourcerules

import (
	"errors"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// reader reads one file and collects its mistakes. Every value is its literal text: 360
// and on are names like others.
type reader struct {
	file     string
	mistakes Mistakes
}

func (r *reader) refuse(key string, n ast.Node, problem, cure string) {
	m := Mistake{File: r.file, Key: key, Problem: problem, Cure: cure}
	if n != nil && n.GetToken() != nil && n.GetToken().Position != nil {
		m.File += ":" + strconv.Itoa(n.GetToken().Position.Line)
	}
	r.mistakes = append(r.mistakes, m)
}

// parse returns the mapping of a file, nil if it is empty or invalid.
func (r *reader) parse(text []byte) ast.Node {
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.refuseSyntax(err)
		return nil
	}
	var body ast.Node
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType:
		case body != nil:
			r.refuse("", doc.Body, "a second document", "put everything into one")
			return nil
		default:
			body = doc.Body
		}
	}
	return body
}

// refuseSyntax keeps the line of a parser's error only: its text quotes the file.
func (r *reader) refuseSyntax(err error) {
	m := Mistake{File: r.file, Problem: "not YAML", Cure: "write key: value lines, with spaces before those of a section"}
	var syntax yaml.Error
	if errors.As(err, &syntax) && syntax.GetToken() != nil && syntax.GetToken().Position != nil {
		m.File += ":" + strconv.Itoa(syntax.GetToken().Position.Line)
	}
	r.mistakes = append(r.mistakes, m)
}

// pairs calls each for every pair of a mapping, with the path of its value. key is the
// path of the mapping, "" for the file.
func (r *reader) pairs(key string, n ast.Node, each func(path, name string, value ast.Node)) {
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case nil:
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		r.refuse(key, n, "not a section", "write key: value lines below it")
	}
	seen := map[string]bool{}
	for _, pair := range values {
		name, ok := scalar(pair.Key)
		path := strings.TrimPrefix(key+"."+name, ".")
		switch {
		case !ok || !isPlain(name, maxName):
			r.refuse(key, pair, "a key that is no name", "write a short name of one line")
		case seen[name]:
			r.refuse(path, pair, "is there twice", "keep one of the two")
		default:
			seen[name] = true
			each(path, name, pair.Value)
		}
	}
}

// text is the text of a value, "" with a mistake for other values.
func (r *reader) text(key string, n ast.Node) string {
	text, ok := scalar(n)
	if !ok || !isPlain(text, maxName) {
		r.refuse(key, n, "not a text", "write one line of at most "+strconv.Itoa(maxName)+" characters")
		return ""
	}
	return text
}

// texts is the texts of a list.
func (r *reader) texts(key string, n ast.Node) []string {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		r.refuse(key, n, "not a list", "write a list such as [one, two]")
		return nil
	}
	texts := make([]string, 0, len(list.Values))
	for _, item := range list.Values {
		if text := r.text(key, item); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}

// isNull reports whether a key has no value.
func isNull(n ast.Node) bool { return n == nil || n.Type() == ast.NullType }

// scalar is the literal text of a value.
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
