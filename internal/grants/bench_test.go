package grants_test

import (
	"os"
	"syscall"
	"testing"
	"time"

	"claviger/internal/admin"
	"claviger/internal/server"
	"claviger/internal/server/servertest"
	"claviger/oauth"
)

// BenchmarkClientCredentials is the pipeline without HTTP: client_credentials to
// a JWT signed with ES256, its audit record committed, 32 callers. cpu-us/token is
// the processor time of the whole process for each token.
func BenchmarkClientCredentials(b *testing.B) {
	server.TuneGC(os.LookupEnv, os.ReadFile) // as `claviger serve` does
	h := servertest.New(b)
	client, secret, err := h.Admin.CreateClient(b.Context(), admin.Actor{Name: "bench"}, admin.NewClient{
		Name: "Bench", Company: "Bench", Website: "https://bench.example", Contact: "dev@bench.example",
		GrantTypes: []string{oauth.GrantClientCredentials}, Scopes: oauth.Scope{"read"},
	})
	if err != nil {
		b.Fatal(err)
	}
	before := processorTime(b)
	b.SetParallelism(16) // 32 callers on 2 processors
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			request := &oauth.TokenRequest{
				GrantType: oauth.GrantClientCredentials, ClientID: client.ID, ClientSecret: secret,
				Source: oauth.Source{IP: "192.0.2.1", RequestID: "bench"},
			}
			if _, err := h.Exchange.Exchange(b.Context(), request); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	b.ReportMetric(float64(h.Store.Stats().Jobs)/float64(h.Store.Stats().Groups), "jobs/commit")
	b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-us/token")
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
