// Command simulate says what a platform of many organisations costs: rows,
// bytes, writes a second, nodes, memory and money.
//
// "measure" takes bytes and processor time from the store on both engines;
// without an argument it runs a seeded day on these figures, holds the result
// against the closed form, and writes the tables and the plot of docs/scaling.md.
package main
