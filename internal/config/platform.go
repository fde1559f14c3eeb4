package config

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	longestName  = 60       // characters of the platform's name
	largestLogo  = 64 << 10 // bytes
	widestLogo   = 4096     // pixels, either way
	svgNamespace = "http://www.w3.org/2000/svg"
)

var colourForm = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// platform checks what people see, and reads the logo: a file that is missing
// should stop the start, not a page.
func (k *checker) platform() {
	p := &k.config.Platform
	p.Colour = strings.ToLower(p.Colour)
	k.require(utf8.RuneCountInString(p.Name) <= longestName && !strings.ContainsFunc(p.Name, unprintable), "platform.name",
		"must be at most %d printable characters", longestName)
	k.require(colourForm.MatchString(p.Colour), "platform.colour", "must be a colour such as #1f4f8f, not %q", p.Colour)
	p.LogoImage = Image{}
	if p.Logo == "" {
		return
	}
	image, err := loadLogo(p.Logo)
	if err != nil {
		k.require(false, "platform.logo", "%v", err)
		return
	}
	p.LogoImage = image
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func loadLogo(path string) (Image, error) {
	data, err := readLogo(path)
	if err != nil {
		return Image{}, err
	}
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return Image{Type: "image/png", Data: data}, checkPNG(data)
	case bytes.Contains(data, []byte("<svg")):
		return Image{Type: "image/svg+xml", Data: data}, checkSVG(data)
	}
	return Image{}, errors.New("must be a PNG or SVG picture")
}

func readLogo(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if !info.Mode().IsRegular() { // reading a pipe would wait for ever
		return nil, fmt.Errorf("names %s, which is no file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, largestLogo+1))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	if len(data) > largestLogo {
		return nil, fmt.Errorf("names a file of more than %d KB", largestLogo>>10)
	}
	return data, nil
}

func checkPNG(data []byte) error {
	size, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return errors.New("is a damaged PNG picture")
	}
	if size.Width > widestLogo || size.Height > widestLogo {
		return fmt.Errorf("is %d by %d pixels; %d either way is the most", size.Width, size.Height, widestLogo)
	}
	return nil
}

// checkSVG refuses what could run or fetch something when somebody opens the
// picture by itself: it is served from the origin of the sign-in page (E04, A08).
func checkSVG(data []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for root := true; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) && !root {
			return nil
		}
		if err != nil {
			return errors.New("is a damaged SVG picture")
		}
		switch token := token.(type) {
		case xml.Directive:
			return errors.New("is an SVG picture with a document type, which is not taken; remove the line <!DOCTYPE …>")
		case xml.ProcInst:
			if token.Target != "xml" {
				return fmt.Errorf("is an SVG picture with <?%s?>, which is not taken", token.Target)
			}
		case xml.StartElement:
			if root && (token.Name.Local != "svg" || token.Name.Space != svgNamespace) {
				return fmt.Errorf("must begin with <svg xmlns=%q>", svgNamespace)
			}
			root = false
			if err := checkElement(token); err != nil {
				return err
			}
		}
	}
}

// outside is a reference of CSS that does not lead to a part of the picture. A
// backslash could write one in another way.
var outside = regexp.MustCompile(`url\(\s*['"]?\s*[^#'"\s]|image-set|@import|\\`)

func checkElement(element xml.StartElement) error {
	switch strings.ToLower(element.Name.Local) {
	case "script", "foreignobject", "iframe", "style", "animate", "set", "handler":
		return fmt.Errorf("is an SVG picture with <%s>, which is not taken", element.Name.Local)
	}
	for _, attribute := range element.Attr {
		name, value := strings.ToLower(attribute.Name.Local), strings.TrimSpace(attribute.Value)
		switch {
		case strings.HasPrefix(name, "on"):
			return fmt.Errorf("is an SVG picture with %s=, which is not taken", name)
		case name == "href" && !strings.HasPrefix(value, "#"), outside.MatchString(strings.ToLower(value)):
			return errors.New("is an SVG picture that refers to something outside of itself")
		}
	}
	return nil
}
