package settings

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Raw is a value that is not parsed yet.
type Raw struct {
	Texts  []string // one, unless List
	List   bool     // came as a list
	Origin string   // "DOORCODE_OTP_LENGTH", "doorcode.yaml:12"
}

// blank reports whether there is nothing in it.
func (r Raw) blank() bool {
	return !slices.ContainsFunc(r.Texts, func(text string) bool { return strings.TrimSpace(text) != "" })
}

// parseInto fills the field of a leaf. What it returns is the cure, "" if the
// value is good; then and only then the field has changed.
func parseInto(l *Leaf, raw Raw) (cure string) {
	if l.field.Kind() == reflect.Slice && !readsText(l.field) {
		return parseList(l, raw)
	}
	if raw.List || len(raw.Texts) != 1 {
		return "give one value, not a list"
	}
	v, cure := parseOne(l, l.field.Type(), raw.Texts[0])
	if cure == "" {
		l.field.Set(v)
	}
	return cure
}

func parseList(l *Leaf, raw Raw) (cure string) {
	texts := raw.Texts
	if !raw.List {
		texts = strings.Split(strings.Join(texts, ","), ",")
	}
	list := reflect.MakeSlice(l.field.Type(), 0, len(texts))
	for _, text := range texts {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		v, cure := parseOne(l, l.field.Type().Elem(), text)
		if cure != "" {
			return cure
		}
		list = reflect.Append(list, v)
	}
	l.field.Set(list)
	return ""
}

// parseOne reads one value of a type and holds it against the leaf's limits.
func parseOne(l *Leaf, t reflect.Type, text string) (reflect.Value, string) {
	v, err := newValue(t)
	if err != nil {
		return v, err.Error()
	}
	if l.twin != nil {
		return parseUnits(l, text)
	}
	if !l.Secret {
		text = strings.TrimSpace(text)
	}
	if err := setText(v, text); err != nil {
		return v, l.cureOf(t, err)
	}
	if len(l.OneOf) > 0 && !slices.Contains(l.OneOf, text) || !l.within(v, text) {
		return v, "give " + l.Range()
	}
	return v, ""
}

// cureOf says what a good value looks like. The text of an error is shown only
// if its type promises not to quote the value.
func (l *Leaf) cureOf(t reflect.Type, err error) string {
	want, allowed := "a value that reads as a "+t.String(), l.Range()
	if cure, ok := errors.AsType[Cure](err); ok {
		return cure.Error()
	}
	switch {
	case t == reflect.TypeFor[time.Duration]():
		want = "a duration such as 90s or 5m, or whole seconds"
	case t.Kind() == reflect.Bool:
		return "give true or false"
	case allowed != "", t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64:
		want = "a number"
	}
	if allowed != "" {
		want += ": " + allowed
	}
	return "give " + want
}

// newValue is a new value of a type that text can fill.
func newValue(t reflect.Type) (reflect.Value, error) {
	v := reflect.New(t).Elem()
	if readsText(v) {
		return v, nil
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Float64,
		reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint, reflect.Uint64, reflect.Uint16:
		return v, nil
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Slice {
			break
		}
		_, err := newValue(t.Elem())
		return v, err
	}
	return v, fmt.Errorf("a %s cannot be a value of a configuration", t)
}

// setText fills a value with what a text says.
func setText(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		d, err := parseDuration(text)
		v.SetInt(int64(d))
		return err
	}
	switch {
	case v.Kind() == reflect.String:
		v.SetString(text)
		return nil
	case v.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(text)
		v.SetBool(b)
		return err
	case v.CanInt():
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(n)
		return err
	case v.CanUint():
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		v.SetUint(n)
		return err
	default:
		f, err := strconv.ParseFloat(text, 64)
		v.SetFloat(f)
		return err
	}
}

// formatValue is the text that reads as the value.
func formatValue(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return formatDuration(x)
	case fmt.Stringer:
		return x.String()
	}
	if v.Kind() == reflect.Slice {
		texts := make([]string, v.Len())
		for i := range texts {
			texts[i] = formatValue(v.Index(i))
		}
		return strings.Join(texts, ",")
	}
	return fmt.Sprint(v.Interface())
}
