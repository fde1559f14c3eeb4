package claviger

import "embed"

// Dialects holds dialects/NAME/dialect.yaml and, where a dialect has roles of
// its own, dialects/NAME/roles.yaml.
//
//go:embed dialects/*/dialect.yaml dialects/*/roles.yaml
var Dialects embed.FS

// Examples holds examples/demo.yaml.
//
//go:embed examples/demo.yaml
var Examples embed.FS
