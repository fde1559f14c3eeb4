// Package layering holds the tests of the project's structure: which package
// may import which, where databases and expressions may be used, how long files
// and functions may get, and what no file may say.
//
// It reads source as text and syntax, and knows nothing of what the code does.
package layering
