package web

import (
	"net/http/httptest"
	"testing"
)

func TestSmoke(t *testing.T) {
	p, err := New(Options{Name: "Example Pay"})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []any{SignIn{}, &AskCode{}, EnterCode{}, NewPassword{}, Choose{}, Consent{Pick: true, Scopes: []ScopeLine{{Name: "x"}}}, Logout{}, LoggedOut{}, Problem{}, Notice{Link: "/x"}, FormPost{Action: "https://a/b"}, Account{Sessions: make([]SessionLine, 2), Apps: make([]ConnectionLine, 1)}, Connections{Companies: make([]CompanyLine, 1)}, Inbox{}} {
		w := httptest.NewRecorder()
		p.Render(w, httptest.NewRequest("GET", "/x", nil), View{Data: d})
		if w.Code != 200 {
			v := View{Locale: "en", Data: d}
			t.Error(w.Body, p.execute(w.Body, httptest.NewRequest("GET", "/x", nil), v))
		}
	}
}
