package bootstrap

import "runtime/debug"

// buildVersion is the version that the build has noted, "development build" if none.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "development build"
	}
	return info.Main.Version
}
