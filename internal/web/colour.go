package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// rgb is a colour of sRGB, each part 0 to 1.
type rgb [3]float64

var (
	black = rgb{}
	white = rgb{1, 1, 1}
)

// Surfaces that the brand's colour is seen on; those of assets/style.css.
var (
	lightSurfaces = []rgb{white, hex(0xf3f5f8)}
	darkSurfaces  = []rgb{hex(0x171c26), hex(0x0e1219)}
)

// Contrasts of WCAG 2.2: of text (1.4.3), with something to spare, and of the
// outline of a button (1.4.11).
const (
	textContrast = 4.6
	edgeContrast = 3.0
)

// hex is the colour that stylesheets write as #rrggbb.
func hex(n uint64) rgb {
	return rgb{float64(n>>16&0xff) / 255, float64(n>>8&0xff) / 255, float64(n&0xff) / 255}
}

// parseColour reads #rrggbb.
func parseColour(text string) (rgb, error) {
	digits, ok := strings.CutPrefix(text, "#")
	n, err := strconv.ParseUint(digits, 16, 24)
	if !ok || err != nil || len(digits) != 6 {
		return rgb{}, fmt.Errorf("colour %q is not #rrggbb", text)
	}
	return hex(n), nil
}

func (c rgb) String() string {
	return fmt.Sprintf("#%02x%02x%02x", eighth(c[0]), eighth(c[1]), eighth(c[2]))
}

func eighth(part float64) int { return int(math.Round(part * 255)) }

// mix goes from c towards other by share, 0 to 1, and stays one of the colours
// that a screen has.
func (c rgb) mix(other rgb, share float64) rgb {
	for i := range c {
		c[i] = float64(eighth(c[i]+(other[i]-c[i])*share)) / 255
	}
	return c
}

// luminance is the relative luminance of WCAG 2.2.
func (c rgb) luminance() float64 {
	weights := rgb{0.2126, 0.7152, 0.0722}
	sum := 0.0
	for i, part := range c {
		if part <= 0.04045 {
			part /= 12.92
		} else {
			part = math.Pow((part+0.055)/1.055, 2.4)
		}
		sum += weights[i] * part
	}
	return sum
}

// contrast is the ratio of WCAG 2.2, 1 to 21.
func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// inkOn is white where it can be read on c, else black.
func inkOn(c rgb) rgb {
	if contrast(white, c) >= textContrast {
		return white
	}
	return black
}

// darker and lighter move c until it has the contrast to each of the surfaces.
func darker(c rgb, surfaces []rgb, least float64) rgb { return away([]rgb{c, black}, surfaces, least) }

// lighter goes by the brightest colour of the same hue, which greys it less than
// the straight way to white.
func lighter(c rgb, surfaces []rgb, least float64) rgb {
	bright := white
	if most := max(c[0], c[1], c[2]); most > 0 {
		bright = rgb{c[0] / most, c[1] / most, c[2] / most}
	}
	return away([]rgb{c, bright, white}, surfaces, least)
}

// away goes along the way until the contrast is enough; its end has it.
func away(way []rgb, surfaces []rgb, least float64) rgb {
	for i := range len(way) - 1 {
		for step := 0.0; step <= 1; step += 0.02 {
			mixed := way[i].mix(way[i+1], step)
			if lowest(mixed, surfaces) >= least {
				return mixed
			}
		}
	}
	return way[len(way)-1]
}

func lowest(c rgb, surfaces []rgb) float64 {
	least := math.Inf(1)
	for _, surface := range surfaces {
		least = min(least, contrast(c, surface))
	}
	return least
}

// shades are what the stylesheet uses the brand's colour as, in one of the two
// schemes.
type shades struct {
	fill  rgb // of buttons
	hover rgb
	ink   rgb // text on fill and hover
	text  rgb // links and focus
	edge  rgb // outline of buttons
}

// shadesOf keeps a light scheme's buttons in exactly the brand's colour; a dark
// one's are lighter where they would not be seen.
func shadesOf(brand rgb, dark bool) shades {
	s := shades{fill: brand, edge: brand}
	if dark {
		s.fill = lighter(brand, darkSurfaces, edgeContrast)
		s.edge = s.fill
		s.text = lighter(brand, darkSurfaces, textContrast)
	} else {
		s.text = darker(brand, lightSurfaces, textContrast)
		s.edge = darker(brand, lightSurfaces, edgeContrast)
	}
	s.ink = inkOn(s.fill)
	s.hover = s.fill.mix(white, 0.14)
	if s.ink == white {
		s.hover = s.fill.mix(black, 0.14)
	}
	return s
}

func (s shades) css() string {
	return fmt.Sprintf("--brand:%s;--brand-hover:%s;--brand-ink:%s;--brand-text:%s;--brand-edge:%s", s.fill, s.hover, s.ink, s.text, s.edge)
}

// brandCSS is the stylesheet of the brand's colour.
func brandCSS(brand rgb) string {
	return fmt.Sprintf(":root{%s}\n@media (prefers-color-scheme:dark){:root{%s}}\n",
		shadesOf(brand, false).css(), shadesOf(brand, true).css())
}
