package grants

import (
	"log/slog"
	"net/http"

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
		e := oauth.AsError(err)
		if e.Status >= http.StatusInternalServerError {
			h.Log.ErrorContext(r.Context(), "token request failed", "error", err)
		}
		h.Codec.Fail(w, r, e)
	}
}

func (h *Handler) serve(w http.ResponseWriter, r *http.Request) error {
	request, err := h.Codec.Decode(w, r)
	if err != nil {
		return err
	}
	request.Source = oauth.SourceOf(r.Context())
	issued, err := h.Exchange.Exchange(r.Context(), request)
	if err != nil {
		return err
	}
	return h.Codec.Encode(w, r, issued)
}
