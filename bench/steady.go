package main

import "time"

const (
	// calm is the share of the processors that the host of a virtual machine may take
	// before a load is measured again. A quiet one took up to a twentieth.
	calm = 0.15
	// pause is how long a host that takes more is left alone.
	pause = 5 * time.Second
)

// steadily measures again while the host of a virtual machine takes much of its
// processors away, for as long as the run has patience, and returns what was
// disturbed least. What cannot be measured twice is only counted.
func (b *bench) steadily(again bool, measure func() (figure, error)) (best figure, err error) {
	for try := 0; ; try++ {
		began := time.Now()
		f, err := measure()
		if err != nil {
			return f, err
		}
		if try == 0 || f.Stolen < best.Stolen {
			best = f
		}
		if best.Stolen <= calm || !again || b.patience <= 0 {
			break
		}
		time.Sleep(b.pause)
		b.patience -= time.Since(began)
	}
	b.loaded++
	if best.Stolen > calm {
		b.disturbed++
	}
	return best, nil
}
