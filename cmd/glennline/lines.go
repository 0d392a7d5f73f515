package main

import (
	"errors"

	"glennline/config"
	"glennline/petition/caller"
	"glennline/voicemail"
	"glennline/voicemail/prompts"
)

// promptSources says where the lines' prompts come from.
func promptSources(file config.File) (sources []prompts.LineSource) {
	for _, line := range file.Lines {
		sources = append(sources, prompts.LineSource{Name: line.Name, Language: line.Language, Dir: line.Prompts})
	}
	return sources
}

// checkPrompts reads every line's prompts and keeps nothing.
func checkPrompts(file config.File) error {
	var faults []error
	for _, source := range promptSources(file) {
		if _, err := source.Check(); err != nil {
			faults = append(faults, err)
		}
	}
	return usage(errors.Join(faults...))
}

// directory maps the configured lines to those of the script.
func directory(file config.File) (*voicemail.Lines, error) {
	lines := voicemail.NewLines(sources(file.DialledFrom), file.Region, caller.E164)
	for _, trunk := range file.Trunks {
		lines.Read(trunk.Name, voicemail.Reading{
			Sources: sources(file.SourcesOf(trunk)),
			Normalise: func(number string) (string, error) {
				return caller.Read(number, file.NumberRegionOf(trunk), trunk.NumberFormat)
			},
		})
	}
	for _, line := range file.Lines {
		err := lines.Add(voicemail.Line{
			Name:       line.Name,
			Region:     file.RegionOf(line),
			RingFor:    line.RingFor,
			MaxMessage: line.Limits.Message,
			MaxSilence: line.Limits.Silence,
			EndKey:     line.Limits.EndKey,
		}, line.CatchAll, file.Numbers(line)...)
		if err != nil {
			return nil, err
		}
	}
	return lines, nil
}

func sources(names []string) (all []voicemail.Source) {
	for _, name := range names {
		all = append(all, voicemail.Source(name))
	}
	return all
}
