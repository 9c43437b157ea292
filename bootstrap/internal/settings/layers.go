package settings

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// maxFile is how much of a file is read for one value or one layer, in bytes.
const maxFile = 1 << 20

// fileSuffix on a variable's name makes its value the path of a file that has
// the value.
const fileSuffix = "_FILE"

// Pairs makes a layer of paths and texts: of a preset, of flags. origin says
// where the value of a path was set.
func Pairs(values map[string]string, origin func(path string) string) Layer {
	layer := Layer{}
	for path, text := range values {
		layer[path] = Raw{Texts: []string{text}, Origin: origin(path)}
	}
	return layer
}

// Variables makes a layer of the environment: of every variable that starts with
// prefix and names a leaf, or a leaf and _FILE. Variables that name nothing and are not
// known, and those of Kubernetes for a service, are warnings; a leaf that is named both
// ways, or a file that cannot be read, is a mistake.
func (s *Set) Variables(environ []string, prefix string, known ...string) (Layer, Mistakes, Mistakes) {
	leaves := map[string]*Leaf{}
	for _, l := range s.leaves {
		leaves[l.Variable(prefix)] = l
	}
	layer := Layer{}
	var warnings, mistakes Mistakes
	for _, pair := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, prefix) || strings.TrimSpace(value) == "" || slices.Contains(known, name) {
			continue
		}
		if isServiceLink(name, value) {
			warnings = append(warnings, Mistake{
				Key: name, Problem: "set by Kubernetes for a service, ignored",
				Cure: "set enableServiceLinks: false in the pod, or name the service otherwise",
			})
			continue
		}
		l, file := leaves[name], false
		if l == nil {
			l, file = leaves[strings.TrimSuffix(name, fileSuffix)], true
		}
		if l == nil {
			warnings = append(warnings, unknownVariable(name, leaves))
			continue
		}
		if other, twice := layer[l.Path]; twice {
			mistakes = append(mistakes, Mistake{
				Key: l.Path, Origin: name, Problem: "set together with " + other.Origin,
				Cure: "keep one of the two",
			})
			continue
		}
		if file {
			var err error
			if value, err = ReadValue(value); err != nil {
				mistakes = append(mistakes, Mistake{
					Key: l.Path, Origin: name, Problem: "the file cannot be read",
					Cure: "check its path and that the server may read it",
				})
			}
		}
		layer[l.Path] = Raw{Texts: []string{value}, Origin: name}
	}
	return layer, warnings, mistakes
}

// isServiceLink reports whether a variable is one that Kubernetes sets in every pod for a
// service: NAME_PORT=tcp://10.0.0.1:587
// (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables).
func isServiceLink(name, value string) bool {
	scheme, _, ok := strings.Cut(value, "://")
	return ok && strings.HasSuffix(name, "_PORT") && slices.Contains([]string{"tcp", "udp", "sctp"}, scheme)
}

func unknownVariable(name string, leaves map[string]*Leaf) Mistake {
	m := Mistake{Key: name, Problem: "unknown variable, ignored", Cure: "take it out"}
	if like := nearest(name, sameSection(name, "_", slices.Sorted(maps.Keys(leaves)))); like != "" {
		m.Cure = "take it out, or did you mean " + like + "?"
	}
	return m
}

// ReadValue reads a file that has one value; a final newline is cut.
func ReadValue(path string) (string, error) {
	data, err := readFile(path)
	if err != nil {
		return "", err
	}
	text := strings.TrimSuffix(string(data), "\n")
	return strings.TrimSuffix(text, "\r"), nil
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return data, err
}
