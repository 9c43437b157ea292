package message

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/doorcode-auth/doorcode/domain"
)

//go:embed templates
var embedded embed.FS

// Files that belong to no purpose.
const (
	layoutFile = "layout.html"
	expiryFile = "expiry.txt"
)

// Parts that every language has for every purpose. Other parts are names of phone
// channels, such as "whatsapp", and default to partPhone.
const (
	partEmail = "email"
	partPhone = "phone"
)

// purposes have texts.
var purposes = []domain.Purpose{domain.PurposeSignIn}

// emailFiles are the suffixes of the files of an e-mail, after the purpose.
var emailFiles = []string{".email.subject", ".email.txt", ".email.html"}

// channelFile matches the file name of a channel's text.
var channelFile = regexp.MustCompile(`^([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)\.txt$`)

// Mistake is an error in a template, with its cure.
type Mistake struct {
	File    string
	Problem string
	Cure    string
}

// Mistakes are all errors in the templates: the error of New.
type Mistakes []Mistake

// Error lists the mistakes, one per line.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, mistake := range m {
		lines[i] = mistake.File + ": " + mistake.Problem + ": " + mistake.Cure
	}
	return strings.Join(lines, "\n")
}

// templates are the template files: the directory's override the embedded ones.
type templates struct {
	dir       string // "" for none
	own       fs.FS  // nil for none
	embedded  fs.FS
	languages []language.Tag // the first one is the default
	channels  []string       // with texts of their own, in any language
	mistakes  Mistakes
}

// file is the source of a template.
type file struct {
	name string // for messages to the operator
	text string
}

// openTemplates lists the languages and channels with texts.
func openTemplates(dir string) *templates {
	base, err := fs.Sub(embedded, "templates")
	if err != nil {
		return &templates{mistakes: Mistakes{{"templates", err.Error(), "ask the makers"}}}
	}
	t := &templates{dir: dir, embedded: base, languages: []language.Tag{language.English}}
	t.scan(base, "")
	if dir != "" {
		t.own = os.DirFS(dir)
		t.scan(t.own, dir)
	}
	slices.Sort(t.channels)
	return t
}

// mistake records the first error in a file.
func (t *templates) mistake(name, problem, cure string) {
	if !slices.ContainsFunc(t.mistakes, func(m Mistake) bool { return m.File == name }) {
		t.mistakes = append(t.mistakes, Mistake{name, problem, cure})
	}
}

// scan lists the languages of a folder. Names that begin with a dot are ignored.
func (t *templates) scan(folder fs.FS, dir string) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		t.mistake(dir, "cannot be read ("+reason(err)+")",
			"name a folder with a folder for each language in it, such as de")
		return
	}
	for _, entry := range entries {
		info, err := fs.Stat(folder, entry.Name()) // follows links
		if err != nil || !info.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		tag, err := language.Parse(entry.Name())
		if err != nil || tag.String() != entry.Name() {
			t.mistake(filepath.Join(dir, entry.Name()), "not the tag of a language",
				"name the folder by one such as de or pt-BR, or take it out")
			continue
		}
		if !slices.Contains(t.languages, tag) {
			t.languages = append(t.languages, tag)
		}
		t.scanLanguage(folder, dir, entry.Name())
	}
}

// scanLanguage lists the channels of a language, and records unknown files as mistakes.
func (t *templates) scanLanguage(folder fs.FS, dir, name string) {
	entries, err := fs.ReadDir(folder, name)
	if err != nil {
		t.mistake(filepath.Join(dir, name), "cannot be read ("+reason(err)+")", "let the service read it")
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") || entry.Name() == expiryFile {
			continue
		}
		purpose, rest, _ := strings.Cut(entry.Name(), ".")
		m := channelFile.FindStringSubmatch(entry.Name())
		switch known := slices.Contains(purposes, domain.Purpose(purpose)); {
		case known && slices.Contains(emailFiles, "."+rest):
		case known && m != nil:
			if channel := m[2]; channel != partPhone && !slices.Contains(t.channels, channel) {
				t.channels = append(t.channels, channel)
			}
		default:
			t.mistake(filepath.Join(dir, name, entry.Name()), "no message is made of it",
				fmt.Sprintf("name it as one of %s, or %s.<channel>.txt, or take it out",
					strings.Join(fileNames(), ", "), purposes[0]))
		}
	}
}

// fileNames are the files that every language needs.
func fileNames() []string {
	names := []string{expiryFile}
	for _, purpose := range purposes {
		for _, rest := range append(slices.Clone(emailFiles), ".phone.txt") {
			names = append(names, string(purpose)+rest)
		}
	}
	return names
}

// read reads a file of the directory, or else the embedded one. It reports false if
// neither exists.
func (t *templates) read(path string) (file, bool) {
	if t.own != nil {
		name := filepath.Join(t.dir, filepath.FromSlash(path))
		switch text, err := fs.ReadFile(t.own, path); {
		case err == nil:
			return file{name, string(text)}, true
		case !errors.Is(err, fs.ErrNotExist):
			t.mistake(name, "cannot be read ("+reason(err)+")", "let the service read it, or take it out")
		}
	}
	text, err := fs.ReadFile(t.embedded, path)
	return file{path, string(text)}, err == nil
}

// find reads a file of a language or of its parent languages: de-AT falls back to de.
func (t *templates) find(tag language.Tag, name string) (file, bool) {
	for ; tag != language.Und; tag = tag.Parent() {
		if f, ok := t.read(tag.String() + "/" + name); ok {
			return f, true
		}
	}
	return file{}, false
}

// need reads a file that every language must have.
func (t *templates) need(tag language.Tag, name string) (file, bool) {
	f, ok := t.find(tag, name)
	if !ok {
		t.mistake(filepath.Join(t.dir, tag.String(), name), "missing",
			"write it: a language of your own needs "+strings.Join(fileNames(), ", "))
	}
	return f, ok
}

// reason is the cause of an error without the path.
func reason(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err.Error()
	}
	return err.Error()
}
