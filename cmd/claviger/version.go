package main

import "runtime/debug"

// version is set by the build.
var version string

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(c *command) error {
	c.print("claviger %s\n", versionText())
	return nil
}

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
