// Package payments is an example of an API behind package resource: four payment
// systems side by side, each with its own errors and its own way to say who may
// do what: by a product, by a scope, or by a permission on an account.
//
// It keeps everything in memory and moves no money. The accounts that it knows
// are those of examples/demo.yaml.
package payments
