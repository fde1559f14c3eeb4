package authn

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"claviger/internal/secret"
)

const (
	deviceLifetime = 365 * 24 * time.Hour
	devicePeople   = 5 // who signed in last
	deviceMAC      = 16
)

// deviceForm is a random id, then a MAC for each person.
var deviceForm = regexp.MustCompile(`^[0-9a-z]{32}(\.[0-9A-Za-z_-]{22}){1,5}$`)

// Device returns the id of the device of a request, when the person has signed in
// on it before; empty otherwise. Such a device has tries of its own, which nobody
// elsewhere can use up (E07). It proves nothing else.
func (s *Sessions) Device(r *http.Request, userID string) string {
	id, macs := deviceOf(r)
	if slices.ContainsFunc(macs, func(mac string) bool { return hmac.Equal([]byte(mac), []byte(s.deviceMAC(id, userID))) }) {
		return id
	}
	return ""
}

// remember adds a person to the device cookie, the latest first.
func (s *Sessions) remember(w http.ResponseWriter, r *http.Request, userID string) {
	id, macs := deviceOf(r)
	if id == "" {
		id = secret.NewSecret(s.Rand)
	}
	mac := s.deviceMAC(id, userID)
	macs = slices.DeleteFunc(macs, func(other string) bool { return other == mac })
	macs = append([]string{mac}, macs...)
	macs = macs[:min(len(macs), devicePeople)]
	setCookie(w, r, CookieDevice, id+"."+strings.Join(macs, "."), deviceLifetime)
}

func deviceOf(r *http.Request) (id string, macs []string) {
	value := cookieOf(r, CookieDevice)
	if !deviceForm.MatchString(value) {
		return "", nil
	}
	parts := strings.Split(value, ".")
	return parts[0], parts[1:]
}

// deviceMAC needs no separator: the id has one length.
func (s *Sessions) deviceMAC(id, userID string) string {
	mac := hmac.New(sha256.New, s.DeviceKey)
	mac.Write([]byte(id + userID))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:deviceMAC])
}
