//! Texts of `vdk --help`, which pages and man pages have as well.

use std::sync::atomic::{AtomicBool, Ordering};

/// Exit codes, for the help and the man pages.
pub const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    cancelled, a login failed, or check or diff --exit-code found something
  2    the command line, a setting, a file or a value is not valid
  3    not logged in, or not allowed
  4    there is no such key, job, team or address
  5    others kept changing the same keys and values
  6    the service or the store cannot be reached, or fails
  7    a write was sent, and it is not known whether it was stored
  126  exec: the program cannot be run
  127  exec: the program is not found
  130  interrupted";

/// Environment variables.
pub const ENVIRONMENT: &str = "\
Environment:
  VDK_CONTROL_SERVICE_REST_API_URL          URL of the Control Service, or local
  VDK_BASE_CONFIG_FOLDER                    folder of .vdk.internal [home]
  VDK_MASTER_KEY_FILE                       master key of the local store
  VDK_CREDENTIAL_STORE                      new logins and keys: keyring or file
  VDK_API_TOKEN                             API token, which is never written
  VDK_API_TOKEN_FILE                        file with the API token
  VDK_API_TOKEN_AUTHORIZATION_URL           its token endpoint [/oauth2/token]
  VDK_CLIENT_SECRET                         client secret for vdk login
  VDK_CLIENT_SECRET_FILE                    file with the client secret
  OAUTH2_REDIRECT_URI_PORT                  callback port of vdk login [31113]
  VDK_CONTROL_HTTP_CONNECT_TIMEOUT_SECONDS  limit for a connection [10]
  VDK_CONTROL_HTTP_READ_TIMEOUT_SECONDS     limit for a whole request [60]
  VDK_CONTROL_HTTP_TOTAL_RETRIES            retries of all requests [10]
  VDK_CONTROL_HTTP_CONNECT_RETRIES          retries of failed connections [6]
  VDK_CONTROL_HTTP_READ_RETRIES             retries of interrupted reads [6]
  VDK_CONTROL_HTTP_VERIFY_SSL               verify certificates [true]
  SSL_CERT_FILE, SSL_CERT_DIR               trusted certificate authorities
  VDK_CONTROL_HTTP_CLIENT_CERT_FILE         client certificate (PEM)
  VDK_CONTROL_HTTP_CLIENT_KEY_FILE          its private key (PEM)
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY        proxies; not used for loopback
  NO_PROXY                                  hosts that need no proxy
  VDK_OP_ID_OVERRIDE                        X-OPID of the requests [random]
  VDK_CONTROL_SERVICE_USER_AGENT            User-Agent of the requests
  VDK_COMPLETION_CACHE                      keep names for completion [true]
  VISUAL, EDITOR                            editor of edit [vi]
  NO_COLOR                                  no colours";

/// Files.
pub const FILES: &str = "\
Files, below .vdk.internal:
  vdk-configuration.ini  what set-default saves
  vdk-cred.json          the login, or where it is
  logins/                logins at other services
  local/                 the encrypted store and the login at vdk server; also
                         the master.key if there is no keyring
  completion/            names seen at services, encrypted, for completion
  locks/                 locks of running writes
  replacing/             jobs of replace --generate commands that did not end";

/// What programs call.
pub const PROGRAMS: &str = "\
For programs:
  vdk job-store          reads and writes key/values: a request on each line of
                         stdin, and its answer on stdout, in JSON";

/// The examples of `vdk --help`.
pub const FIRST_STEPS: &str = "\
Examples:
  vdk set-default -u local -t sales          # or -u https://vdk.example.org
  vdk secrets -n ingest --set db-password    # asks, hidden
  vdk secrets -n ingest --list
  vdk secrets -n ingest --get db-password -o raw";

/// The examples come before the options, which are many.
pub const TEMPLATE: &str = "\
{about-with-newline}
{usage-heading} {usage}

{before-help}{all-args}{after-help}";

/// The version. A debug build says so, as it must not be mistaken for a release build.
pub const VERSION: &str = if cfg!(debug_assertions) {
    concat!(env!("CARGO_PKG_VERSION"), " (debug build)")
} else {
    env!("CARGO_PKG_VERSION")
};

/// False if this process shows no help of a command: the texts are not made then.
static IS_SHOWN: AtomicBool = AtomicBool::new(true);

/// Says whether the command line asks for help. Without that, texts are made: for man pages and tests.
pub fn expect(is_shown: bool) {
    IS_SHOWN.store(is_shown, Ordering::Relaxed);
}

/// Returns whether help may be shown.
pub fn is_shown() -> bool {
    IS_SHOWN.load(Ordering::Relaxed)
}
