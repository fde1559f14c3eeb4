package oauth

// Metadata is authorization server metadata (RFC 8414 §2, OpenID Connect Discovery
// §3). A member is left out when the server does not offer it; those whose
// absence would mean yes, or that clients ask for by name, are always there.
type Metadata struct {
	Issuer                             string   `json:"issuer"`
	AuthorizationEndpoint              string   `json:"authorization_endpoint,omitempty"`
	PushedAuthorizationRequestEndpoint string   `json:"pushed_authorization_request_endpoint,omitempty"` // RFC 9126
	TokenEndpoint                      string   `json:"token_endpoint"`
	UserInfoEndpoint                   string   `json:"userinfo_endpoint,omitempty"`
	EndSessionEndpoint                 string   `json:"end_session_endpoint,omitempty"` // RP-Initiated Logout
	IntrospectionEndpoint              string   `json:"introspection_endpoint,omitempty"`
	RevocationEndpoint                 string   `json:"revocation_endpoint,omitempty"`
	JWKSURI                            string   `json:"jwks_uri"`
	ScopesSupported                    []string `json:"scopes_supported,omitempty"`
	ResponseTypesSupported             []string `json:"response_types_supported"`
	ResponseModesSupported             []string `json:"response_modes_supported,omitempty"`
	GrantTypesSupported                []string `json:"grant_types_supported"`
	CodeChallengeMethodsSupported      []string `json:"code_challenge_methods_supported,omitempty"`
	TokenEndpointAuthMethods           []string `json:"token_endpoint_auth_methods_supported"`
	IntrospectionEndpointAuthMethods   []string `json:"introspection_endpoint_auth_methods_supported,omitempty"`
	RevocationEndpointAuthMethods      []string `json:"revocation_endpoint_auth_methods_supported,omitempty"`
	SubjectTypesSupported              []string `json:"subject_types_supported,omitempty"`
	IDTokenSigningAlgorithms           []string `json:"id_token_signing_alg_values_supported,omitempty"`
	ACRValuesSupported                 []string `json:"acr_values_supported,omitempty"`
	DisplayValuesSupported             []string `json:"display_values_supported,omitempty"`
	PromptValuesSupported              []string `json:"prompt_values_supported,omitempty"`
	UILocalesSupported                 []string `json:"ui_locales_supported,omitempty"`
	ClaimTypesSupported                []string `json:"claim_types_supported,omitempty"`
	ClaimsSupported                    []string `json:"claims_supported,omitempty"`
	ClaimsParameterSupported           bool     `json:"claims_parameter_supported"`
	RequestParameterSupported          bool     `json:"request_parameter_supported"`
	RequestURIParameterSupported       bool     `json:"request_uri_parameter_supported"` // left out, it would mean true
	RequireRequestURIRegistration      bool     `json:"require_request_uri_registration"`
	AuthorizationResponseIssSupported  bool     `json:"authorization_response_iss_parameter_supported,omitempty"` // RFC 9207
	BackChannelLogoutSupported         bool     `json:"backchannel_logout_supported,omitempty"`
	BackChannelLogoutSessionSupported  bool     `json:"backchannel_logout_session_supported,omitempty"`
}
