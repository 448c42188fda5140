//! The only place that resolves settings: flag, environment, the job's `config.ini`, the user's
//! `vdk-configuration.ini`, built-in. A file is read only when it is needed.

pub mod env_vars;
pub mod ini;
mod job;
pub mod paths;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use job::JobConfig;
use vdk_api::Name;
use vdk_api::escape;
use vdk_platform::private_file;
pub use vdk_platform::{InvalidVariable, path_variable, variable};

use crate::config::ini::Ini;
use crate::http::BaseUrl;
use crate::{Error, ErrorKind, NOTHING_CHANGED, Reports, Warning};

/// The storage of key/values.
#[derive(Clone, Debug)]
pub enum Target {
    /// The embedded store on this machine.
    Local,
    /// A Control Service.
    Service(BaseUrl),
}

/// The name of the embedded store in place of a URL.
pub const LOCAL: &str = "local";

const SECTION: &str = "defaults";
/// Option of the user's settings: the default team.
pub const TEAM_NAME: &str = "team-name";
/// Option of the user's settings: the default Control Service.
pub const REST_API_URL: &str = "rest-api-url";

/// A setting and its origin, for messages.
pub type Found<T> = (T, &'static str);

/// The settings of the user, the job and the environment.
pub struct Settings {
    folder: PathBuf,
    user: OnceCell<Ini>,
}

/// The HTTP settings.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Timeout of a connection.
    pub connect_timeout: Duration,
    /// Timeout of a whole request.
    pub timeout: Duration,
    /// Retries of a command in total.
    pub total_retries: u32,
    /// Retries after failed connections.
    pub connect_retries: u32,
    /// Retries after reads whose connection broke.
    pub read_retries: u32,
    /// True if certificates are verified.
    pub verify: bool,
    /// The certificate authorities to trust, if not the system's.
    pub ca_file: Option<PathBuf>,
    /// Folders of certificate authorities to trust, also in place of the system's.
    pub ca_folders: Vec<PathBuf>,
    /// Client certificate and private key, as PEM files.
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// `X-OPID` of all requests of this command.
    pub op_id: String,
    /// `User-Agent`.
    pub user_agent: String,
}

/// The values without any variable set; `op_id` is empty.
impl Default for HttpSettings {
    fn default() -> Self {
        HttpSettings {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            total_retries: 10,
            connect_retries: 6,
            read_retries: 6,
            verify: true,
            ca_file: None,
            ca_folders: Vec::new(),
            client_certificate: None,
            op_id: String::new(),
            user_agent: format!("vdk/{} ({})", env!("CARGO_PKG_VERSION"), env::consts::OS),
        }
    }
}

impl Settings {
    /// Finds the configuration folder, which must belong to this user; reads no file.
    pub fn new(reports: &Reports) -> Result<Self, Error> {
        // The folder's name may not be UTF-8.
        let given = match env::var_os(env_vars::BASE_CONFIG_FOLDER) {
            Some(base) if base.to_str().is_none() => Some(base.into()),
            _ => path_variable(env_vars::BASE_CONFIG_FOLDER)?,
        };
        let base = match given {
            Some(base) => base,
            None => dirs::home_dir().ok_or_else(|| {
                Error::usage(
                    "There is no place for settings.",
                    "The home folder of this user is not known.",
                    format!("Set {} to a folder.", env_vars::BASE_CONFIG_FOLDER),
                )
            })?,
        };
        let folder = paths::config_folder(base);
        match private_file::check_folder(&folder) {
            Ok(None) => {}
            Ok(Some(state)) => {
                reports.warning(&Warning::OpenFolder { folder: folder.clone(), state })
            }
            Err(error) => {
                return Err(Error::usage(
                    "The configuration folder cannot be used.",
                    format!("{}: {error}.", escape::name(&folder.to_string_lossy())),
                    format!(
                        "Make it yours, or set {} to a folder of yours.",
                        env_vars::BASE_CONFIG_FOLDER
                    ),
                ));
            }
        }
        Ok(Settings { folder, user: OnceCell::new() })
    }

    /// Takes `folder` as the configuration folder, and reads no file.
    pub fn in_folder(folder: PathBuf) -> Self {
        Settings { folder, user: OnceCell::new() }
    }

    /// Returns the configuration folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns a path below the configuration folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Returns the storage of key/values, if one is configured.
    pub fn known_target(&self) -> Result<Option<Target>, Error> {
        let is_known = variable(env_vars::REST_API_URL)?.is_some()
            || self.saved(REST_API_URL)?.is_some_and(|url| !url.is_empty());
        is_known.then(|| self.target(None)).transpose()
    }

    /// Returns the storage of key/values.
    pub fn target(&self, flag: Option<&str>) -> Result<Target, Error> {
        let (url, origin) = match flag {
            Some(url) => (url.to_string(), "--rest-api-url"),
            None => match variable(env_vars::REST_API_URL)? {
                Some(url) => (url, env_vars::REST_API_URL),
                None => match self.saved(REST_API_URL)? {
                    Some(url) if !url.is_empty() => (url, "the saved default"),
                    _ => return Err(no_target()),
                },
            },
        };
        let url = url.trim();
        if url.eq_ignore_ascii_case(LOCAL) {
            return Ok(Target::Local);
        }
        let base = BaseUrl::parse(url).map_err(|why| {
            Error::usage(
                "The address of the Control Service is not valid.",
                format!("It comes from {origin}, and {why}."),
                "Give a base URL such as https://vdk.example.org/, or local for the store on this \
                 machine.",
            )
        })?;
        Ok(Target::Service(base))
    }

    /// Returns the job: the flag, or else the folder name of the data job in the working directory.
    pub fn job(&self, flag: Option<&str>) -> Result<Option<Found<Name>>, Error> {
        if let Some(flag) = flag {
            return checked_name("job", flag, "--name").map(Some);
        }
        if JobConfig::here()?.is_none() {
            return Ok(None);
        }
        let folder = env::current_dir().ok();
        let name = folder.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
        name.map(|name| checked_name("job", name, "the folder's name")).transpose()
    }

    /// Returns the team: the flag, else that of the job in the working directory, else the saved
    /// one.
    pub fn team(&self, flag: Option<&str>) -> Result<Option<Found<Name>>, Error> {
        if let Some(flag) = flag {
            return checked_name("team", flag, "--team").map(Some);
        }
        if let Some(team) = JobConfig::here()?.and_then(|config| config.team) {
            return checked_name("team", &team, "config.ini").map(Some);
        }
        match self.saved(TEAM_NAME)? {
            Some(team) if !team.is_empty() => {
                checked_name("team", &team, "the saved default").map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Returns the id that marks one command in a service's logs and in the history.
    pub fn op_id(&self) -> Result<String, Error> {
        let given = header(env_vars::OP_ID, 64)?;
        Ok(given.unwrap_or_else(|| format!("{:016x}", fastrand::u64(..))))
    }

    /// Returns the HTTP settings.
    pub fn http(&self) -> Result<HttpSettings, Error> {
        let default = HttpSettings::default();
        let total_retries = number(env_vars::TOTAL_RETRIES, default.total_retries)?;
        let retries = |name, default| Ok::<_, Error>(number(name, default)?.min(total_retries));
        Ok(HttpSettings {
            connect_timeout: seconds(env_vars::CONNECT_TIMEOUT, default.connect_timeout)?,
            timeout: seconds(env_vars::READ_TIMEOUT, default.timeout)?,
            total_retries,
            connect_retries: retries(env_vars::CONNECT_RETRIES, default.connect_retries)?,
            read_retries: retries(env_vars::READ_RETRIES, default.read_retries)?,
            verify: truth(env_vars::VERIFY_SSL, default.verify)?,
            ca_file: path_variable(env_vars::SSL_CERT_FILE)?,
            ca_folders: path_variable(env_vars::SSL_CERT_DIR)?
                .map(|folders| {
                    let folders = env::split_paths(&folders);
                    folders.filter(|folder| !folder.as_os_str().is_empty()).collect()
                })
                .unwrap_or_default(),
            client_certificate: client_certificate()?,
            op_id: self.op_id()?,
            user_agent: header(env_vars::USER_AGENT, 512)?.unwrap_or(default.user_agent),
        })
    }

    /// Returns a saved default.
    fn saved(&self, option: &str) -> Result<Option<String>, Error> {
        let path = self.path(paths::CONFIGURATION);
        self.user_ini()?.get(SECTION, option).map_err(|error| {
            broken_ini(&path, &error.to_string(), "Correct the line, or run vdk reset-default.")
        })
    }

    fn user_ini(&self) -> Result<&Ini, Error> {
        if let Some(ini) = self.user.get() {
            return Ok(ini);
        }
        let path = self.path(paths::CONFIGURATION);
        let ini = read_ini(&path)?.unwrap_or_default();
        Ok(self.user.get_or_init(|| ini))
    }

    /// Saves a default, or removes it if `None`. Everything else in the file stays.
    pub fn save(&self, option: &str, value: Option<&str>) -> Result<(), Error> {
        let path = self.path(paths::CONFIGURATION);
        let ini = read_ini(&path)?.unwrap_or_default();
        let text = match value {
            Some(value) => ini.with(SECTION, option, value),
            None => ini.without(SECTION, option),
        };
        replace_file(&path, text.as_bytes()).map_err(|error| {
            Error::new(
                ErrorKind::Usage,
                "Cannot save the default.",
                format!("{}: {error}", path.display()),
                NOTHING_CHANGED,
                "Make the folder writable, or name another in VDK_BASE_CONFIG_FOLDER.",
            )
        })
    }
}

/// Checks the name of a job or team.
pub fn checked_name(what: &str, text: &str, origin: &'static str) -> Result<Found<Name>, Error> {
    match Name::new(text) {
        Ok(name) => Ok((name, origin)),
        Err(why) => Err(Error::usage(
            format!("The {what} name from {origin} is not valid."),
            format!("'{text}': {why}."),
            format!("Give the {what} a name with --{}.", if what == "job" { "name" } else { what }),
        )),
    }
}

fn no_target() -> Error {
    Error::usage(
        "Cannot connect to the Control Service.",
        format!(
            "There is no address: neither --rest-api-url, nor {}, nor a saved default.",
            env_vars::REST_API_URL
        ),
        "Give -u URL for a Control Service, or -u local for the encrypted store on this machine; \
         vdk set-default -u saves either.",
    )
}

/// Returns the error for an invalid configuration file.
pub fn broken_ini(path: &Path, why: &str, countermeasures: &str) -> Error {
    Error::usage(
        "A configuration file is broken.",
        format!("{}: {why}.", path.display()),
        countermeasures,
    )
}

/// Parses the user's settings; `None` if there are none.
fn read_ini(path: &Path) -> Result<Option<Ini>, Error> {
    let Some(bytes) = read_file(path)? else { return Ok(None) };
    let advice = "Correct it, or move it away and save the defaults anew with vdk set-default.";
    let broken = |why: &str| broken_ini(path, why, advice);
    let text = String::from_utf8(bytes).map_err(|_| broken("it is not UTF-8 text"))?;
    let ini = Ini::parse(&text).map_err(|error| broken(&error.to_string()))?;
    match ini.misspelled_section(SECTION) {
        Some(name) => Err(broken(&format!("its section is spelled [{name}], and not [{SECTION}]"))),
        None => Ok(Some(ini)),
    }
}

/// Reads a configuration file; `None` if there is none.
pub fn read_file(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let advice = "Move away what is there under that name, or give --name and --team.";
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(broken_ini(path, &error.to_string(), advice)),
    }
}

/// Replaces a file atomically, with mode 0600; a new folder gets mode 0700.
fn replace_file(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    vdk_platform::make_folder(path.parent().unwrap_or(Path::new(".")))?;
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".vdk-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    vdk_platform::keep_owner(file.as_file(), &target)?;
    file.as_file().sync_all()?;
    // A link stays one: some users keep their settings elsewhere.
    file.persist(target)?;
    Ok(())
}

fn bad_variable(name: &str, why: impl Into<Cow<'static, str>>) -> Error {
    InvalidVariable::new(name, why).into()
}

fn client_certificate() -> Result<Option<(PathBuf, PathBuf)>, Error> {
    let (certificate, key) = (env_vars::CLIENT_CERT_FILE, env_vars::CLIENT_KEY_FILE);
    match (path_variable(certificate)?, path_variable(key)?) {
        (Some(certificate), Some(key)) => Ok(Some((certificate, key))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(bad_variable(key, "it is not set, and the certificate needs it")),
        (None, Some(_)) => Err(bad_variable(certificate, "it is not set, and the key needs it")),
    }
}

fn number(name: &str, default: u32) -> Result<u32, Error> {
    let Some(text) = variable(name)? else { return Ok(default) };
    text.trim().parse().map_err(|_| bad_variable(name, "a whole number is expected"))
}

fn seconds(name: &str, default: Duration) -> Result<Duration, Error> {
    let Some(text) = variable(name)? else { return Ok(default) };
    let seconds: Option<f64> = text.trim().parse().ok();
    seconds
        .filter(|seconds| (0.001..=86_400.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| bad_variable(name, "a number of seconds from 0.001 to 86400 is expected"))
}

fn truth(name: &str, default: bool) -> Result<bool, Error> {
    let Some(text) = variable(name)? else { return Ok(default) };
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "t" | "yes" | "y" | "on" => Ok(true),
        "false" | "0" | "f" | "no" | "n" | "off" => Ok(false),
        _ => Err(bad_variable(name, "true or false is expected")),
    }
}

/// Returns a variable for a header: printable ASCII only.
fn header(name: &str, limit: usize) -> Result<Option<String>, Error> {
    let Some(value) = variable(name)? else { return Ok(None) };
    if value.len() > limit || !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        let why = format!("1 to {limit} printable ASCII characters are expected");
        return Err(bad_variable(name, why));
    }
    Ok(Some(value))
}
