package architecture

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
)

// confidential names the values whose comparison must not end at the first difference.
var confidential = regexp.MustCompile(`(?i)(^|_)(mac|hmac|digests?|signature)$|(Mac|HMAC|Digests?|Signature|Password|Secret|SecretKey|APIKey)$|^(secret|password)$`)

// comparisons are the functions that end at the first difference.
var comparisons = map[string][]string{
	"bytes":   {"Equal", "Compare", "EqualFold", "HasPrefix", "HasSuffix"},
	"strings": {"Compare", "EqualFold", "HasPrefix", "HasSuffix"},
	"slices":  {"Equal", "Compare", "Contains"},
	"reflect": {"DeepEqual"},
}

// constantTime: codes, digests, MACs and secrets are compared by crypto/subtle or
// hmac.Equal. A value is one of them by its name, because Code.Reveal or a hash returned
// it, or because it was assigned from such a value in the same function. Comparing with a
// literal or nil only asks whether there is a value. Bootstrap sees the operator's values
// alone, before a client can send any.
func constantTime(t *tree, r *report) {
	for _, f := range t.shipping() {
		if under(f.path, "bootstrap") {
			continue
		}
		for _, fn := range f.functions() {
			if fn.Body == nil {
				continue
			}
			r.looked++
			v := values{assigned: map[string]bool{}}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if assign, ok := n.(*ast.AssignStmt); ok {
					v.assign(assign)
				}
				return true
			})
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if how := v.compared(n); how != "" {
					r.add(f.path, t.line(n.Pos()),
						"%s ends at the first difference: compare by subtle.ConstantTimeCompare or hmac.Equal", how)
				}
				return true
			})
		}
	}
}

// values knows which variables of a function are confidential.
type values struct{ assigned map[string]bool }

// assign notes the variables that a statement gives confidential values.
func (v values) assign(s *ast.AssignStmt) {
	for i, rhs := range s.Rhs {
		id, ok := s.Lhs[i].(*ast.Ident)
		if ok && id.Name != "_" && v.confidential(rhs) {
			v.assigned[id.Name] = true
		}
	}
}

// compared describes a comparison of a confidential value, and is "" for all else.
func (v values) compared(n ast.Node) string {
	switch n := n.(type) {
	case *ast.BinaryExpr:
		if (n.Op == token.EQL || n.Op == token.NEQ) && v.any(n.X, n.Y) {
			return n.Op.String()
		}
	case *ast.SwitchStmt:
		if n.Tag != nil && v.confidential(n.Tag) {
			return "switch"
		}
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			return ""
		}
		pkg, ok := sel.X.(*ast.Ident)
		if ok && slices.Contains(comparisons[pkg.Name], sel.Sel.Name) && v.any(n.Args...) {
			return pkg.Name + "." + sel.Sel.Name
		}
	}
	return ""
}

// any reports whether one of the operands is confidential and none is constant.
func (v values) any(operands ...ast.Expr) bool {
	return slices.ContainsFunc(operands, v.confidential) && !slices.ContainsFunc(operands, constant)
}

func constant(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return e.Name == "nil" || e.Name == "true" || e.Name == "false"
	}
	return false
}

// confidential reports whether an expression is a confidential value.
func (v values) confidential(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return v.assigned[e.Name] || confidential.MatchString(e.Name)
	case *ast.SelectorExpr:
		return confidential.MatchString(e.Sel.Name)
	case *ast.IndexExpr:
		return v.confidential(e.X)
	case *ast.SliceExpr:
		return v.confidential(e.X)
	case *ast.StarExpr:
		return v.confidential(e.X)
	case *ast.ParenExpr:
		return v.confidential(e.X)
	case *ast.CallExpr:
		return v.returned(e)
	}
	return false
}

// returned reports whether a call returns a confidential value: a revealed code, a hash,
// or the conversion of such a value.
func (v values) returned(call *ast.CallExpr) bool {
	switch fun := call.Fun.(type) {
	case *ast.SelectorExpr:
		name := fun.Sel.Name
		return name == "Reveal" || name == "Sum" || name == "Sum256" || name == "Sum384" || name == "Sum512"
	case *ast.Ident, *ast.ArrayType: // string(x), []byte(x)
		id, ok := fun.(*ast.Ident)
		return (!ok || id.Name == "string") && len(call.Args) == 1 && v.confidential(call.Args[0])
	}
	return false
}
