// Command floor is what `make bench` compares with: the least that a Go server
// does to answer a form with JSON. With -sign it also signs a token, as the
// token endpoint must; nothing can issue tokens faster than that.
package main
