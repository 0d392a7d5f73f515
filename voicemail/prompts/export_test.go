package prompts

// Check is what is found in one prompt.
func Check(path string) (Report, error) {
	c, err := readFile(path)
	return c.report, err
}
