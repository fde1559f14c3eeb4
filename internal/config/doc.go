// Package config is what an operator sets: a strict YAML file and the
// environment over it, with the place of every mistake.
//
// It knows values and their limits, not what is done with them.
package config
