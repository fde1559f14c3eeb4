// This program serves the example API of package payments by itself, against a
// Claviger server that runs elsewhere:
//
//	PAYMENTS_CLIENT_SECRET=payments-api-secret go run ./examples/payments/cmd -issuer http://127.0.0.1:8080
package main
