package claviger

import "embed"

// Dialects holds dialects/NAME/dialect.yaml and, where a dialect has permissions of
// its own, dialects/NAME/permissions.yaml.
//
//go:embed dialects/*/dialect.yaml dialects/*/permissions.yaml
var Dialects embed.FS

// Transcripts holds dialects/NAME/*.txtar: what integrators send, and what they get.
//
//go:embed dialects/*/*.txtar
var Transcripts embed.FS

// Examples holds examples/demo.yaml.
//
//go:embed examples/demo.yaml
var Examples embed.FS
