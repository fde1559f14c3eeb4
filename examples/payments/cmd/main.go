package main

import (
	"cmp"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"claviger/examples/payments"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8081", "where to listen, host:port")
	var c payments.Config
	flag.StringVar(&c.Issuer, "issuer", "http://127.0.0.1:8080", "URL of the server")
	flag.StringVar(&c.Audience, "audience", "", "of the tokens to take (default: the issuer)")
	flag.StringVar(&c.URL, "url", "", "under which clients reach this API (default: http:// and where it listens)")
	flag.StringVar(&c.ClientID, "client-id", "payments-api", "of this API at the server; its secret is in PAYMENTS_CLIENT_SECRET")
	flag.Parse()
	c.ClientSecret = os.Getenv("PAYMENTS_CLIENT_SECRET")
	if err := serve(*listen, c); err != nil {
		fmt.Fprintln(os.Stderr, "payments:", err)
		os.Exit(1)
	}
}

func serve(listen string, c payments.Config) error {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	c.URL = cmp.Or(c.URL, "http://"+listener.Addr().String())
	api, err := payments.New(c)
	if err != nil {
		return err
	}
	fmt.Println("The payments API is at", c.URL)
	server := &http.Server{
		Handler: api, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 32 << 10,
	}
	return server.Serve(listener)
}
