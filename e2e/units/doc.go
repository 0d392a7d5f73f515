// Package units installs glennline into a small Debian, boots that with systemd as
// process 1, and calls the line that the units make.
package units
