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

// Names of files beside those of purposes.
const (
	layoutFile = "layout.html"
	expiryFile = "expiry.txt"
)

// Parts of which every language has a text for every purpose. Another part is the name
// of a channel of phones, "whatsapp"; where it has no text, that of partPhone is taken.
const (
	partEmail = "email"
	partPhone = "phone"
)

// purposes are what there are texts for.
var purposes = []domain.Purpose{domain.PurposeSignIn}

// emailFiles are the files of an e-mail, behind the purpose.
var emailFiles = []string{".email.subject", ".email.txt", ".email.html"}

// channelFile is the name of the text of a channel.
var channelFile = regexp.MustCompile(`^([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)\.txt$`)

// Mistake is one thing that is wrong with a template, with its cure.
type Mistake struct {
	File    string
	Problem string
	Cure    string
}

// Mistakes are all that is wrong with the templates: the error of New.
type Mistakes []Mistake

// Error lists them, one a line.
func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, mistake := range m {
		lines[i] = mistake.File + ": " + mistake.Problem + ": " + mistake.Cure
	}
	return strings.Join(lines, "\n")
}

// templates are the files: those of one's own before the embedded ones.
type templates struct {
	dir       string // "" for none
	own       fs.FS  // nil for none
	embedded  fs.FS
	languages []language.Tag // the first is the one for everybody else
	channels  []string       // that have texts of their own, in any language
	mistakes  Mistakes
}

// file is a template as it was found.
type file struct {
	name string // to tell people
	text string
}

// openTemplates finds out which languages and channels there are texts for.
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

// mistake notes the first thing that is wrong with a file.
func (t *templates) mistake(name, problem, cure string) {
	if !slices.ContainsFunc(t.mistakes, func(m Mistake) bool { return m.File == name }) {
		t.mistakes = append(t.mistakes, Mistake{name, problem, cure})
	}
}

// scan looks through a folder. Names that begin with a dot are of no concern.
func (t *templates) scan(folder fs.FS, dir string) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		t.mistake(dir, "cannot be read ("+reason(err)+")", "name a folder with a folder for each language in it, such as de")
		return
	}
	for _, entry := range entries {
		info, err := fs.Stat(folder, entry.Name()) // of what a link points to
		if err != nil || !info.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		tag, err := language.Parse(entry.Name())
		if err != nil || tag.String() != entry.Name() {
			t.mistake(filepath.Join(dir, entry.Name()), "not the tag of a language", "name the folder by one such as de or pt-BR, or take it out")
			continue
		}
		if !slices.Contains(t.languages, tag) {
			t.languages = append(t.languages, tag)
		}
		t.scanLanguage(folder, dir, entry.Name())
	}
}

// scanLanguage notes the channels that have texts, and files that nobody would read.
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
				fmt.Sprintf("name it as one of %s, or %s.<channel>.txt, or take it out", strings.Join(fileNames(), ", "), purposes[0]))
		}
	}
}

// fileNames are the names that a file of a language may have, but for channels.
func fileNames() []string {
	names := []string{expiryFile}
	for _, purpose := range purposes {
		for _, rest := range append(slices.Clone(emailFiles), ".phone.txt") {
			names = append(names, string(purpose)+rest)
		}
	}
	return names
}

// read reads a file by its path, one's own if there is one. It reports false if there
// is none.
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

// find looks for a file of a language: in its own folder, then in that of the language
// that it is a kind of, de-AT in de.
func (t *templates) find(tag language.Tag, name string) (file, bool) {
	for ; tag != language.Und; tag = tag.Parent() {
		if f, ok := t.read(tag.String() + "/" + name); ok {
			return f, true
		}
	}
	return file{}, false
}

// need finds a file that every language has.
func (t *templates) need(tag language.Tag, name string) (file, bool) {
	f, ok := t.find(tag, name)
	if !ok {
		t.mistake(filepath.Join(t.dir, tag.String(), name), "missing", "write it: a language of your own needs "+strings.Join(fileNames(), ", "))
	}
	return f, ok
}

// reason is why a file cannot be read, without its name.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
