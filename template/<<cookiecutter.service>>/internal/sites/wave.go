package sites

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
)

// Wave brings the release to a wave, once the one before it is done and the gate says yes.
func (t Tool) Wave(ctx context.Context, number int, ok bool) error {
	fleet, err := t.fleet()
	if err != nil {
		return err
	}
	wave, err := fleet.wave(number)
	if err != nil {
		return err
	}
	if wave.Version == fleet.Release {
		_, err := fmt.Fprintf(t.Out, "wave %d has the release already\n", number)
		return err
	}
	for _, earlier := range fleet.Waves[:number-1] {
		if earlier.Version != fleet.Release {
			return fmt.Errorf("wave %d does not have the release yet: make wave N=%[1]d", earlier.Number)
		}
	}
	if number > 1 {
		if err := t.may(ctx, fleet, fleet.Waves[number-2], ok); err != nil {
			return err
		}
	}
	return t.change(ctx, fleet, values(number, fleet.Release, wave.Version))
}

// Rollback puts a wave back to what it had before. Nobody is asked: it is done in a hurry.
func (t Tool) Rollback(ctx context.Context, number int) error {
	fleet, err := t.fleet()
	if err != nil {
		return err
	}
	wave, err := fleet.wave(number)
	if err != nil {
		return err
	}
	if wave.Previous == (Version{}) {
		return fmt.Errorf("wave %d has nothing to go back to", number)
	}
	return t.change(ctx, fleet, values(number, wave.Previous, Version{}))
}

// Status prints which sites have what their wave should have.
func (t Tool) Status(ctx context.Context) error {
	fleet, err := t.fleet()
	if err != nil {
		return err
	}
	states, err := t.states(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(t.Out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "WAVE\tREADY\tDONE\tVERSION\tNOT READY")
	for _, wave := range fleet.Waves {
		late := fleet.late(wave, states)
		all := len(fleet.of(wave.Number))
		done := "no"
		if fleet.quorum(len(late), all) {
			done = "yes"
		}
		_, _ = fmt.Fprintf(table, "%d\t%d/%d\t%s\t%s\t%s\n", wave.Number, all-len(late), all, done,
			strings.TrimSpace(wave.Version.Image+" "+wave.Version.Model), strings.Join(late, " "))
	}
	return table.Flush()
}

// may says whether the wave behind this one may begin.
func (t Tool) may(ctx context.Context, fleet *Fleet, before Wave, ok bool) error {
	states, err := t.states(ctx)
	if err != nil {
		return err
	}
	late := fleet.late(before, states)
	all := len(fleet.of(before.Number))
	if len(late) > 0 {
		_, _ = fmt.Fprintf(t.Out, "wave %d, not ready yet: %s\n", before.Number, strings.Join(late, " "))
	}
	if !fleet.quorum(len(late), all) {
		return fmt.Errorf("wave %d is not done: %d of %d sites are ready, and %d %% have to be",
			before.Number, all-len(late), all, fleet.Quorum)
	}
	if fleet.Gate != (Gate{}) {
		return fleet.Gate.ask(ctx, fleet.until(before.Number))
	}
	if !ok {
		return errors.New("a person has to let the wave begin: say OK=yes")
	}
	return nil
}

func (f *Fleet) wave(number int) (Wave, error) {
	if number < 1 || number > len(f.Waves) {
		return Wave{}, fmt.Errorf("there is no wave %d: %s has waves 1 to %d", number, File, len(f.Waves))
	}
	return f.Waves[number-1], nil
}

// quorum says whether a wave is done without some of its sites.
func (f *Fleet) quorum(late, all int) bool { return (all-late)*100 >= f.Quorum*all }

// late returns the sites of a wave that do not have what it should have.
func (f *Fleet) late(wave Wave, states map[string]state) []string {
	var late []string
	for _, site := range f.of(wave.Number) {
		if !states[site.Name].has(wave.Version) {
			late = append(late, site.Name)
		}
	}
	return late
}

// until returns the names of the sites of all waves up to one.
func (f *Fleet) until(wave int) []string {
	var names []string
	for _, site := range f.Sites {
		if site.Wave <= wave {
			names = append(names, site.Name)
		}
	}
	return names
}

// values are what a wave gets in the file.
func values(number int, now, previous Version) map[string]string {
	where := fmt.Sprintf("waves.%d.", number)
	values := map[string]string{where + "image": now.Image, where + "previous.image": previous.Image}
	if now.Model != "" {
		values[where+"model"], values[where+"previous.model"] = now.Model, previous.Model
	}
	return values
}
