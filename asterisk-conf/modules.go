package asteriskconf

import (
	"os"
	"path/filepath"
	"slices"
)

// moduleGroup is modules that are loaded for one reason.
type moduleGroup struct {
	For   string
	Names []string
}

// modules is everything that is loaded, closed under the dependencies that the
// modules declare: what is missing here keeps Asterisk from starting. There is
// no app_dial and no bridge among them, and not Tracer.
var modules = []moduleGroup{
	{For: "Configuration files and the store behind res_pjsip.", Names: []string{
		"res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "pbx_config",
	}},
	{For: "SIP, identified by address alone. The digest authenticator challenges strangers.", Names: []string{
		"res_pjproject", "res_pjsip", "res_pjsip_session", "res_pjsip_pubsub",
		"res_pjsip_authenticator_digest", "res_pjsip_endpoint_identifier_ip",
		"res_pjsip_acl", "res_pjsip_nat", "res_pjsip_caller_id", "res_pjsip_sdp_rtp",
		"res_pjsip_rfc3326", "res_pjsip_header_funcs", "chan_pjsip",
	}},
	{For: "Audio: RTP, A-law and mu-law, WAV and raw files.", Names: []string{
		"res_rtp_asterisk", "res_timing_timerfd", "codec_alaw", "codec_ulaw",
		"format_wav", "format_pcm",
	}},
	{For: "ARI: how the application answers, plays and records.", Names: []string{
		"res_http_websocket", websocketClient, "res_stasis", "res_stasis_answer",
		"res_stasis_playback", "res_stasis_recording", "res_stasis_snoop", "res_ari",
		"res_ari_model", "res_ari_events", "res_ari_channels", "res_ari_playbacks",
		"res_ari_recordings", "res_ari_applications", "res_ari_asterisk",
		"res_ari_endpoints", "app_stasis",
	}},
	{For: "The dialplan, and what can answer while the application is away.", Names: []string{
		"func_callerid", "func_channel", "func_strings", "func_uri", "func_timeout",
		"func_logic", "func_global", "func_groupcount", "func_rand", "func_env",
		"res_crypto", "func_aes", "app_playback", "app_record",
	}},
	{For: "The witness.", Names: []string{recordEngine, "cel_custom"}},
}

// Modules that not every configuration needs.
var (
	registration = moduleGroup{For: "Registration with a carrier. The authenticator answers its challenges.", Names: []string{
		"res_pjsip_outbound_authenticator_digest", "res_pjsip_outbound_registration",
	}}
	security   = moduleGroup{For: "Security events, for the log that glennline writes of them.", Names: []string{"res_security_log"}}
	encryption = moduleGroup{For: "Encrypted audio (SRTP).", Names: []string{"res_srtp"}}
)

// Tracer is the module that traces SIP. It is loaded when a trace is asked for, and
// not with the others: while it starts, it can be told that SIP's settings have been
// read before it has made what they are applied to (its load_module, in versions 20.0
// to 22.11). Then Asterisk ends by SIGSEGV, or gives back a lock that it has not taken,
// and no command to trace returns any more.
const Tracer = "res_pjsip_logger.so"

// modules are those that this configuration needs.
func (c Config) modules() []moduleGroup {
	groups := append(present(c.ModuleDir), security)
	if slices.ContainsFunc(c.Trunks, Trunk.Registers) {
		groups = append(groups, registration)
	}
	if slices.ContainsFunc(c.Trunks, func(t Trunk) bool { return t.SRTP }) {
		groups = append(groups, encryption)
	}
	return groups
}

// ModuleFiles are the modules that this configuration needs, with .so.
func (c Config) ModuleFiles() (files []string) {
	for _, group := range c.modules() {
		for _, name := range group.Names {
			files = append(files, name+".so")
		}
	}
	return files
}

// Modules that came during the life of versions 20 and 22. Where they are
// absent, the modules that depend on them now did without.
const (
	websocketClient = "res_websocket_client"
	recordEngine    = "res_cdrel_custom"
)

// present leaves out what the Asterisk in moduleDir is too old to have. Without
// a moduleDir it is taken to be recent.
func present(moduleDir string) []moduleGroup {
	groups := make([]moduleGroup, 0, len(modules))
	for _, g := range modules {
		names := make([]string, 0, len(g.Names))
		for _, name := range g.Names {
			if (name == websocketClient || name == recordEngine) && !hasModule(moduleDir, name) {
				continue
			}
			names = append(names, name)
		}
		g.Names = names
		groups = append(groups, g)
	}
	return groups
}

func hasModule(moduleDir, name string) bool {
	if moduleDir == "" {
		return true
	}
	_, err := os.Stat(filepath.Join(moduleDir, name+".so"))
	return err == nil
}
