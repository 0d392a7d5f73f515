// Package stack starts the containers of docker-compose.yml and calls the line
// that they make. scripts/test-docker builds the images and names engine and
// files to the docker command by its own variables.
package stack
