package main

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"text/template"
	"time"

	"claviger/internal/config"
	"claviger/internal/server"
)

//go:embed banner.txt
var bannerText string

// banner is what the banner is made from.
type banner struct {
	URL  string
	Data string // as a shell takes it
}

// serveDev serves, and prints the banner when the server answers.
func (c *command) serveDev(ctx context.Context, instance *server.Instance, dialects *dialectSet, listener net.Listener, log *slog.Logger) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	shown := make(chan error, 1)
	go func() {
		err := answers(running, instance.Config.Issuer)
		if err == nil {
			err = c.showBanner(instance.Config)
		}
		if err != nil {
			stop()
		}
		shown <- err
	}()
	err := serve(running, instance, dialects, listener, log)
	stop()
	if bannerErr := <-shown; err == nil && ctx.Err() == nil {
		err = bannerErr
	}
	return err
}

// showBanner writes the banner as one piece.
func (c *command) showBanner(config *config.Config) error {
	text, err := template.New("banner").Parse(bannerText)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := text.Execute(&out, banner{URL: config.Issuer, Data: quote(config.Data)}); err != nil {
		return err
	}
	_, err = out.WriteTo(c)
	return err
}

// answers waits until the server at a URL is ready: what the banner shows is
// there to be copied.
func answers(ctx context.Context, url string) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err == nil {
			err = response.Body.Close()
		}
		if err == nil && response.StatusCode == http.StatusOK {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server did not get ready: %w", context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
}
