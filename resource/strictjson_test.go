package resource

import (
	"encoding/json"
	"testing"
)

// FuzzReadObject holds that what is read is what encoding/json reads: the same
// names, each with a value that is JSON and stands for the same.
func FuzzReadObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, ` {"a": 1 , "b":[ ],"c":{"d":[{},"\"}",null]}} `, `{"a":"\\","b":"\u0061"}`, `{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `[1]`, `{"a":-1.5e+3}`, `{"":""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		read := map[string]json.RawMessage{}
		err := readObject(raw, func(name string, value []byte) error {
			if _, twice := read[name]; twice {
				t.Fatalf("%q is handed on twice", name)
			}
			read[name] = value
			return nil
		})
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(raw, &want); err != nil || len(want) != len(read) {
			t.Fatalf("%q is read as %v, and as %v %v", raw, read, want, err)
		}
		for name, value := range want {
			if string(read[name]) != string(value) {
				t.Errorf("%q: %q is read as %q, and as %q", raw, name, read[name], value)
			}
		}
	})
}
