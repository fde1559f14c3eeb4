package main

import (
	"math"
	"math/rand/v2"
)

const (
	monthHours = 730
	gigabyte   = 1e9
)

// Size is one table at rest.
type Size struct {
	Table            string
	Rows             float64 // as simulated
	Closed           float64 // rows a day times days
	SQLite, Postgres float64 // bytes, with indexes
}

// Sizes says how many rows are alive, and what they take.
func Sizes(in Inputs, m *Measured) []Size {
	random := rand.New(rand.NewPCG(in.Seed, 2))
	tokens := in.Organisations * in.Tokens
	flow := func(table string, aDay, days float64) Size {
		return Size{Table: table, Rows: Rows(random, aDay, days), Closed: aDay * days}
	}
	still := func(table string, each float64) Size {
		return Size{Table: table, Rows: in.Organisations * each, Closed: in.Organisations * each}
	}
	sizes := []Size{
		flow("audit", tokens+in.Organisations*(in.Changes+in.SignIns), in.AuditDays),
		flow("grants", tokens*in.First, in.GrantDays),
		flow("refresh_tokens", tokens*(in.First+in.Rotation), in.RefreshDays),
		flow("sessions", in.Organisations*in.SignIns, 1),
		still("organisations", 1), still("accounts", in.Accounts), still("users", in.People), still("memberships", in.People),
		still("clients", in.Clients), still("api_keys", in.Keys), still("secrets", in.Keys+in.Clients), still("consents", in.Consents),
	}
	for i := range sizes {
		s := &sizes[i]
		lite, pg := m.SQLite.Row[s.Table], m.Postgres.Row[s.Table]
		s.SQLite, s.Postgres = s.Rows*(lite.Table+lite.Index), s.Rows*(pg.Table+pg.Index)
	}
	return sizes
}

// Cost is what a platform of one size needs at its peak, on PostgreSQL.
type Cost struct {
	Organisations       float64
	TokensASecond       float64 // busiest hour
	Bytes               float64 // of the database
	BytesWithoutAudit   float64
	LogASecond          float64 // bytes, busiest hour
	LogADay             float64 // bytes
	Gone                float64 // rows a second that the clean-up has to delete, day and night
	Reads               float64 // look-ups a second that the caches miss
	NodeVCPU            float64
	EngineVCPU          float64
	Nodes, Engine, Disk float64 // money a month
	Archive             float64
}

// Total is the money of a month.
func (c Cost) Total() float64 { return c.Nodes + c.Engine + c.Disk + c.Archive }

// CostOf adds it up. The caches are those of the closed form.
func CostOf(in Inputs, m *Measured) Cost {
	day := in.Expect()
	c := Cost{Organisations: in.Organisations, TokensASecond: day.Hour}
	for _, s := range Sizes(in, m) {
		c.Bytes += s.Postgres
		if s.Table != "audit" {
			c.BytesWithoutAudit += s.Postgres
		}
	}
	write := m.Postgres.mix(in)
	c.LogASecond, c.LogADay = day.Hour*write.LogBytes, day.Tokens*write.LogBytes
	c.Gone = (day.Tokens*(1+2*in.First+in.Rotation) + in.Organisations*in.Changes) / full
	requests := day.Hour * (1 + in.Verifications)
	hits := in.cacheLoad(requests, Whole).Hits()
	c.Reads = requests * in.Lookups * (1 - hits)
	nodeMicros := day.Hour*(in.TokenMicros+write.NodeMicros) + day.Hour*in.Verifications*in.VerifyMicros + c.Reads*m.Postgres.Miss.NodeMicros
	engineMicros := day.Hour*write.EngineMicro + c.Reads*m.Postgres.Miss.EngineMicro
	c.NodeVCPU, c.EngineVCPU = nodeMicros/1e6/in.Busy, engineMicros/1e6/in.Busy
	c.Nodes = max(c.NodeVCPU, 1) * monthHours * in.PriceVCPU
	c.Engine = max(c.EngineVCPU, 1) * in.Copies * monthHours * in.PriceVCPU
	c.Disk = c.Bytes / gigabyte * in.Copies * in.PriceGB
	c.Archive = c.LogADay / gigabyte * in.BackupDays * in.PriceArchive
	return c
}

// Coalesced is how many organisations a second have something to write when nodes
// write what they have counted of each once in an interval of so many seconds.
func (in Inputs) Coalesced(interval float64) (aSecond float64) {
	z := newZipf(in.Organisations, in.Skew, nil)
	total, perNode := z.total(), in.Expect().Hour/in.Nodes
	z.over(func(weight, count float64) {
		aSecond += count * (1 - math.Exp(-perNode*weight/total*interval)) / interval * in.Nodes
	})
	return aSecond
}

// mix is the cost of a token request, over all kinds of them.
func (m MeasuredOnOne) mix(in Inputs) (sum WriteCost) {
	for kind, share := range map[string]float64{"audit": 1 - in.First - in.Rotation, "first": in.First, "rotation": in.Rotation} {
		w := m.Write[kind]
		sum.LogBytes += share * w.LogBytes
		sum.NodeMicros += share * w.NodeMicros
		sum.EngineMicro += share * w.EngineMicro
	}
	return sum
}

// cacheLoad is the cache of one node, of so many requests a second on all nodes.
func (in Inputs) cacheLoad(requests float64, scope Scope) CacheLoad {
	return CacheLoad{
		Organisations: in.Organisations, Skew: in.Skew, Requests: requests / in.Nodes,
		Changes: in.Organisations * in.Changes / full, Room: in.CacheEntries / in.Lookups, Scope: scope,
	}
}
