package server

import (
	"net/http"

	"claviger/internal/api"
)

// Management is the management API for this process, in the name that the audit trail
// has for it. What needs a server, as mail, is unavailable there.
func (i *Instance) Management(name string) (http.Handler, error) {
	factors, err := i.offlineFactors()
	if err != nil {
		return nil, err
	}
	managed := *i.Admin
	managed.Factors = factors
	management, err := api.New(api.Options{
		Admin: &managed, Store: i.Store, Master: i.master, Issuer: i.Config.Issuer,
		Log: i.environment.Log, Now: i.environment.Now, Rand: i.environment.Rand,
	})
	if err != nil {
		return nil, err
	}
	return management.Trusted(name), nil
}
