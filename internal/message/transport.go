package message

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
)

// TransportError says why an HTTP request had no answer. It leaves out the URL,
// which may hold a token, and words of the other side, which may repeat what
// they were sent.
func TransportError(err error) error {
	var network net.Error
	var operation *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &network) && network.Timeout():
		return errors.New("timed out")
	case errors.As(err, &operation):
		return operation
	case errors.As(err, &certificate):
		return certificate
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the connection was closed without an answer")
	}
	return errors.New("the answer was not HTTP")
}
