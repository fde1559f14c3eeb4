package web

import "strings"

// browsers and systems are looked for in this order: many name others that they
// are like.
var (
	browsers = [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"}, {"Safari/", "Safari"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"},
		{"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	}
)

// Device names a browser by its User-Agent, as people know it ("Firefox, Windows").
// Empty: it says nothing that is known. It is a hint for its owner and proves nothing.
func Device(userAgent string) string {
	var names []string
	for _, known := range [][][2]string{browsers, systems} {
		for _, k := range known {
			if strings.Contains(userAgent, k[0]) {
				names = append(names, k[1])
				break
			}
		}
	}
	return strings.Join(names, ", ")
}
