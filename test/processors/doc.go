// Package processors tells what the host of a virtual machine takes away.
//
// Tests that hold a bound, and the bench, leave that out. It knows nothing of what
// is tested.
package processors
