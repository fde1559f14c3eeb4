package grants

import (
	"log/slog"
	"net/http"

	"claviger/internal/authn"
	"claviger/oauth"
)

// Handler serves token requests in one wire format.
type Handler struct {
	Exchange *Exchange
	Codec    Codec
	Log      *slog.Logger
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h.serve(w, r); err != nil {
		h.Codec.Fail(w, r, oauth.Failed(h.Log, r, err))
	}
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) error {
	request, err := h.Codec.Decode(w, r)
	if err != nil {
		return err
	}
	request.Source = oauth.SourceOf(r.Context())
	request.Origin = authn.OriginOf(r, h.Exchange.Issuer.URL)
	issued, err := h.Exchange.Exchange(r.Context(), request)
	if err != nil {
		return err
	}
	return h.Codec.Encode(w, r, issued)
}
