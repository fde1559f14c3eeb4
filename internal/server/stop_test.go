package server_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"claviger/internal/server/servertest"
)

// A request that a stopping server lets finish is counted as any other.
func TestR18_WhatFinishesIsCounted(t *testing.T) {
	c := newCustomer(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, listener) }()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	body := "grant_type=client_credentials"
	fmt.Fprintf(conn, "POST /oauth2/token HTTP/1.1\r\nHost: %s\r\n%s\r\n%s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		servertest.Host, formType, basic("my_id", "my_secret"), len(body))
	answers := bufio.NewReader(conn)
	if response, err := http.ReadResponse(answers, nil); err != nil || response.StatusCode != http.StatusContinue { // it waits for the body
		t.Fatal(response, err)
	}
	stop()
	for deadline := time.Now().Add(20 * time.Second); ; {
		further, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			break // it is stopping
		}
		further.Close()
		if time.Now().After(deadline) {
			t.Fatal("it does not stop")
		}
	}
	fmt.Fprint(conn, body)
	if response, err := http.ReadResponse(answers, nil); err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(response, err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	list, err := c.Store.UsagePage(t.Context(), "", c.Clock.Now(), c.Clock.Now(), nil, 1000)
	if err != nil || len(list) != 1 || list[0].Requests != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}
