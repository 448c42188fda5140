//! The only place that resolves settings: flag, environment, the job's `config.ini`, the user's
//! `vdk-configuration.ini`, built-in. A file is read only when it is needed.

pub mod env_vars;
mod http;
pub mod ini;
mod job;
pub mod paths;

use std::borrow::Cow;
use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use http::HttpSettings;
use http::{header, truth};
use job::JobConfig;
use vdk_api::escape;
use vdk_api::{Name, Owner};
use vdk_platform::private_file;
pub use vdk_platform::{InvalidVariable, path_variable, variable};

use crate::config::ini::Ini;
use crate::http::BaseUrl;
use crate::{Error, ErrorKind, Reports, Warning};

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
pub type Found<T> = (T, Cow<'static, str>);

/// The settings of the user, the job and the environment.
pub struct Settings {
    folder: PathBuf,
    /// Where the search for a data job begins; empty is the working directory.
    here: PathBuf,
    user: OnceLock<Ini>,
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
                Error::usage("No configuration folder was found.")
                    .why("The home folder of this user is not known.")
                    .help(format!("Set {} to a folder.", env_vars::BASE_CONFIG_FOLDER))
            })?,
        };
        let folder = paths::config_folder(base);
        match private_file::check_folder(&folder) {
            Ok(None) => {}
            Ok(Some(state)) => {
                reports.warning(&Warning::OpenFolder { folder: folder.clone(), state })
            }
            Err(error) => {
                return Err(Error::usage("Cannot use the configuration folder.")
                    .why(format!("{}: {error}.", escape::name(&folder.to_string_lossy())))
                    .help(format!(
                        "Change its owner to you, or set {} to a folder that you own.",
                        env_vars::BASE_CONFIG_FOLDER
                    )));
            }
        }
        Ok(Settings::in_folder(folder))
    }

    /// Takes `folder` as the configuration folder, and reads no file.
    pub fn in_folder(folder: PathBuf) -> Self {
        Settings { folder, here: PathBuf::new(), user: OnceLock::new() }
    }

    /// Takes the data job of `here` in place of that of the working directory.
    pub fn working_in(self, here: &Path) -> Self {
        Settings { here: here.into(), ..self }
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
        let target = match flag {
            Some(url) => Some(parsed(url, "--rest-api-url")?),
            None => self.configured_target()?,
        };
        target.ok_or_else(no_target)
    }

    /// Returns the configured target: that of the environment, or else the saved default, if there is
    /// any.
    pub fn configured_target(&self) -> Result<Option<Target>, Error> {
        if let Some(url) = variable(env_vars::REST_API_URL)? {
            return parsed(&url, env_vars::REST_API_URL).map(Some);
        }
        let saved = self.saved(REST_API_URL)?.filter(|url| !url.is_empty());
        saved.map(|url| parsed(&url, "the saved default")).transpose()
    }

    /// Returns the job: the flag, or else the folder name of the data job that the working directory
    /// belongs to.
    pub fn job(&self, flag: Option<&str>) -> Result<Option<Found<Name>>, Error> {
        if let Some(flag) = flag {
            return checked_name("job", flag, "--name").map(Some);
        }
        let Some(config) = JobConfig::find(&self.here)? else { return Ok(None) };
        let origin = match config.place.as_str() {
            paths::JOB_CONFIG => String::from("the folder's name"),
            place => format!("the folder of {place}"),
        };
        let name = config.folder.file_name().and_then(|name| name.to_str());
        name.map(|name| checked_name("job", name, origin)).transpose()
    }

    /// Returns the folder of the data job that the working directory belongs to, if it is that of `job`.
    pub fn job_folder(&self, job: &str) -> Result<Option<PathBuf>, Error> {
        let found = JobConfig::find(&self.here)?.map(|config| config.folder);
        Ok(found.filter(|folder| folder.file_name().is_some_and(|name| name == job)))
    }

    /// Returns the folder of the data job that the working directory belongs to, if it is that of `owner`.
    pub fn folder_of(&self, owner: &Owner) -> Result<Option<PathBuf>, Error> {
        let found = JobConfig::find(&self.here)?;
        let found = found.filter(|config| {
            let is_team = |team: &String| team == owner.team.as_str();
            config.folder.file_name().is_some_and(|name| name == owner.job.as_str())
                && config.team.as_ref().is_none_or(is_team)
        });
        Ok(found.map(|config| config.folder))
    }

    /// Returns the team: the flag, else that of the job that the working directory belongs to, else
    /// the saved one.
    pub fn team(&self, flag: Option<&str>) -> Result<Option<Found<Name>>, Error> {
        if let Some(flag) = flag {
            return checked_name("team", flag, "--team").map(Some);
        }
        if let Some(JobConfig { team: Some(team), place, .. }) = JobConfig::find(&self.here)? {
            return checked_name("team", &team, place).map(Some);
        }
        self.default_team()
    }

    /// Returns the saved default team, wherever the working directory is.
    pub fn default_team(&self) -> Result<Option<Found<Name>>, Error> {
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
        HttpSettings::from_environment(self.op_id()?)
    }

    /// Returns whether the names that commands see at services are kept for completion.
    pub fn keeps_names(&self) -> bool {
        truth(env_vars::COMPLETION_CACHE, true).unwrap_or(false)
    }

    /// Returns the saved default team, if there is one.
    pub fn saved_team(&self) -> Option<String> {
        self.saved(TEAM_NAME).ok().flatten().filter(|team| !team.is_empty())
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
            Error::new(ErrorKind::Usage, "Cannot save the default.")
                .why(format!("{}: {error}", path.display()))
                .help("Make the folder writable, or name another in VDK_BASE_CONFIG_FOLDER.")
        })
    }
}

/// Checks the name of a job or team.
pub fn checked_name(
    what: &str,
    text: &str,
    origin: impl Into<Cow<'static, str>>,
) -> Result<Found<Name>, Error> {
    let origin = origin.into();
    match Name::new(text) {
        Ok(name) => Ok((name, origin)),
        Err(why) => Err(Error::usage(format!("Invalid {what} name from {origin}."))
            .why(format!("'{text}': {why}."))
            .help(match origin.strip_prefix("--to-") {
                Some(option) => format!("Give a valid name: --to-{option} NAME"),
                None if what == "job" => "Give a valid name: --name NAME".into(),
                None => format!("Give a valid name: --{what} NAME"),
            })),
    }
}

fn parsed(url: &str, origin: &str) -> Result<Target, Error> {
    let url = url.trim();
    if url.eq_ignore_ascii_case(LOCAL) {
        return Ok(Target::Local);
    }
    let base = BaseUrl::parse(url).map_err(|why| {
        Error::usage("Invalid address of the Control Service.")
            .why(format!("The address from {origin} is invalid: {why}."))
            .help(
                "Give a base URL such as https://vdk.example.org/, or local for the store on \
                 this machine.",
            )
    })?;
    Ok(Target::Service(base))
}

fn no_target() -> Error {
    Error::usage("Cannot connect to the Control Service.")
        .why(format!(
            "No address is set: --rest-api-url, {} and the saved default are all missing.",
            env_vars::REST_API_URL
        ))
        .help(
            "Give -u URL for a Control Service, or -u local for the encrypted store on this \
             machine. vdk set-default -u saves either.",
        )
}

/// Returns the error for an invalid configuration file.
pub fn broken_ini(path: &Path, why: &str, countermeasures: &str) -> Error {
    Error::usage("Invalid configuration file.")
        .why(format!("{}: {why}.", path.display()))
        .help(countermeasures)
}

/// Parses the user's settings; `None` if there are none.
fn read_ini(path: &Path) -> Result<Option<Ini>, Error> {
    let Some(bytes) = read_file(path)? else { return Ok(None) };
    let advice = "Correct it, or move it away and save the defaults again with vdk set-default.";
    let broken = |why: &str| broken_ini(path, why, advice);
    let text = String::from_utf8(bytes).map_err(|_| broken("it is not UTF-8 text"))?;
    let ini = Ini::parse(&text).map_err(|error| broken(&error.to_string()))?;
    match ini.misspelled_section(SECTION) {
        Some(name) => Err(broken(&format!("its section is spelled [{name}], not [{SECTION}]"))),
        None => Ok(Some(ini)),
    }
}

/// Reads a configuration file; `None` if there is none.
pub fn read_file(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let advice = "Move it away, or give --name and --team.";
    match private_file::read_regular(path) {
        Ok(bytes) => Ok(Some(bytes.to_vec())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        // Containers mask a file by it.
        Err(_) if is_null_device(path) => Ok(None),
        Err(error) => Err(broken_ini(path, &error.to_string(), advice)),
    }
}

/// Returns true if `path` is /dev/null.
fn is_null_device(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, MetadataExt};
        let device = |path: &Path| {
            let found = path.metadata().ok()?;
            found.file_type().is_char_device().then(|| found.rdev())
        };
        device(path).is_some_and(|found| device(Path::new("/dev/null")) == Some(found))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
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
