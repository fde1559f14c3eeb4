package web

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestEveryBrandColourCanBeRead draws colours, and holds the contrasts of WCAG 2.2
// for each use of them in both schemes.
func TestEveryBrandColourCanBeRead(t *testing.T) {
	check := func(t rapid.TB, brand rgb) {
		for _, dark := range []bool{false, true} {
			s, surfaces := shadesOf(brand, dark), lightSurfaces
			if dark {
				surfaces = darkSurfaces
			}
			for what, got := range map[string]float64{
				"text on a button":         contrast(s.ink, s.fill),
				"text on a pointed button": contrast(s.ink, s.hover),
				"link":                     lowest(s.text, surfaces),
			} {
				if got < 4.5 {
					t.Errorf("%s, dark %t: %s has %.2f", brand, dark, what, got)
				}
			}
			if got := lowest(s.edge, surfaces); got < 3 {
				t.Errorf("%s, dark %t: the edge of a button has %.2f", brand, dark, got)
			}
		}
	}
	for _, known := range []string{"#000000", "#ffffff", "#ffff00", "#0000ff", "#808080", "#767676", "#757575", "#0b1f4b", "#f3f5f8", "#171c26", defaultColour} {
		brand, err := parseColour(known)
		if err != nil {
			t.Fatal(err)
		}
		if brand.String() != known {
			t.Errorf("%s is written %s", known, brand)
		}
		check(t, brand)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, hex(rapid.Uint64Range(0, 0xffffff).Draw(t, "colour"))) })
}

func TestContrastIsThatOfWCAG(t *testing.T) {
	for _, tt := range []struct {
		a, b uint64
		want float64
	}{{0x000000, 0xffffff, 21}, {0xffffff, 0xffffff, 1}, {0x777777, 0xffffff, 4.478}, {0xff0000, 0xffffff, 3.998}, {0x0000ff, 0x000000, 2.444}} {
		if got := contrast(hex(tt.a), hex(tt.b)); got < tt.want-0.01 || got > tt.want+0.01 {
			t.Errorf("%06x on %06x: got %.3f, want %.3f", tt.a, tt.b, got, tt.want)
		}
	}
}

// TestSurfacesAreThoseOfTheStylesheet holds the one thing that is written twice.
func TestSurfacesAreThoseOfTheStylesheet(t *testing.T) {
	style, err := assetFiles.ReadFile("assets/style.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, _ := strings.Cut(string(style), "@media (prefers-color-scheme: dark)")
	for _, tt := range []struct {
		css      string
		surfaces []rgb
	}{{light, lightSurfaces}, {dark, darkSurfaces}} {
		for i, name := range []string{"card", "page"} {
			found := regexp.MustCompile(`--` + name + `: (#\w{6});`).FindStringSubmatch(tt.css)
			if found == nil || found[1] != tt.surfaces[i].String() {
				t.Errorf("--%s is %v in the stylesheet, %s in Go", name, found, tt.surfaces[i])
			}
		}
	}
}
