//! Access for fuzz tests to private functions. Release builds do not have it.

use std::cell::OnceCell;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use url::Url;
use vdk_api::{Collection, Document, JsonText, Name, Owner};

use crate::auth::{Credentials, on_exchange};
use crate::edit::{Edit, NewValue};
use crate::exit::Failure;
use crate::http::{Answer, BaseUrl, Http, Trouble};
use crate::ini::Ini;
use crate::input::Input;
use crate::operation::{Operation, Request, Source};
use crate::output::{self, Format};
use crate::service::{RestService, Written};
use crate::settings::HttpSettings;
use crate::talk::Talk;
use crate::words::{self, Whose};
use crate::{cli, merge};

/// The interpretation of a command line.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// It is for another vdk.
    Other,
    /// It is rejected, or answered, with this text.
    Told(String),
    /// It sets and deletes keys.
    Patch(Vec<(String, Given)>, Vec<String>),
    /// Anything else.
    Else,
}

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// The value as text.
    Text(String),
    /// The value as JSON.
    Json(String),
    /// A file, or standard input if `None`.
    File(Option<String>),
    /// A prompt.
    Prompt,
}

/// Interprets the command line `args`, which starts with the program's name.
pub fn arguments(args: Vec<String>) -> Line {
    let command = cli::command();
    let words = match words::sort(args, &command) {
        Whose::Ours(words) => words,
        Whose::Other(_) | Whose::Server(_) => return Line::Other,
        Whose::Joined => return told(&crate::joined()),
    };
    let matches = match command.try_get_matches_from(&words) {
        Ok(matches) => matches,
        Err(error) => {
            return match crate::unexpected(&error, &words) {
                Some(failure) => told(&failure),
                None => Line::Told(crate::defused(error).render().to_string()),
            };
        }
    };
    let Some((_, flags)) = matches.subcommand().filter(|(name, flags)| {
        matches!(*name, "secrets" | "properties") && flags.subcommand().is_none()
    }) else {
        return Line::Else;
    };
    match Operation::from_flags(flags) {
        Err(failure) => told(&failure),
        Ok(Operation::Write { what: Request::Patch { sets, deletes }, .. }) => {
            let sets = sets.into_iter().map(|(key, source)| (key, given(source)));
            Line::Patch(sets.collect(), deletes)
        }
        Ok(_) => Line::Else,
    }
}

fn given(source: Source) -> Given {
    match source {
        Source::Text(text) => Given::Text(text.expose_secret().into()),
        Source::Json(json) => Given::Json(json.expose_secret().into()),
        Source::File(Input::Stdin) => Given::File(None),
        Source::File(Input::Path(path)) => Given::File(Some(path.display().to_string())),
        Source::Prompt => Given::Prompt,
    }
}

fn told(failure: &Failure) -> Line {
    Line::Told(failure.to_string())
}

/// Returns the spellings of the options of `vdk secrets`.
pub fn options() -> Vec<String> {
    let mut command = cli::command();
    command.build();
    let secrets = command.find_subcommand("secrets");
    secrets.map(|secrets| words::own_options(secrets).into_iter().collect()).unwrap_or_default()
}

/// Converts the text of `--set` to the type of `stored`.
pub fn convert(stored: Option<&JsonText>, text: &str) -> Option<JsonText> {
    merge::convert(stored, text).ok()
}

/// The result of an edit.
#[derive(Debug)]
pub struct Edited {
    /// The document to write.
    pub after: Document,
    /// Each key and the effect on it.
    pub fates: Vec<(String, &'static str)>,
    /// True if the change is found in the new document.
    pub is_in: bool,
}

/// Sets and deletes keys of `before`; `None` if that is not possible.
pub fn edit(
    before: &Document,
    sets: &[(String, JsonText)],
    deletes: &[String],
    again: bool,
) -> Option<Edited> {
    let sets = sets.iter().map(|(key, value)| (key.clone(), NewValue::Json(value.clone())));
    let edit = Edit::Patch { sets: sets.collect(), deletes: deletes.to_vec() };
    let change = edit.apply(before, again).ok()?;
    let fates = change.fates().map(|(key, fate)| (key.to_string(), fate.as_str())).collect();
    Some(Edited { fates, is_in: change.is_in(&change.after), after: change.after })
}

/// Renders key/values in the named format.
pub fn render(document: &Document, format: &str) -> Result<String, String> {
    let format = Format::parse(format).unwrap_or(Format::Text);
    let printed = output::members(&document.iter().collect(), format);
    printed.map(|text| text.to_string()).map_err(|failure| failure.to_string())
}

/// Returns the value of an option in a file of Python's `ConfigParser`.
pub fn ini_get(text: &str, section: &str, option: &str) -> Result<Option<String>, String> {
    let ini = Ini::parse(text).map_err(|error| error.to_string())?;
    ini.get(section, option).map_err(|error| error.to_string())
}

/// Returns such a file with an option set, or without it if `value` is `None`.
pub fn ini_edit(text: &str, section: &str, option: &str, value: Option<&str>) -> Option<String> {
    let ini = Ini::parse(text).ok()?;
    Some(match value {
        Some(value) => ini.with(section, option, value),
        None => ini.without(section, option),
    })
}

/// A response of a service.
#[derive(Debug)]
pub struct Said {
    /// The status code.
    pub status: u16,
    /// Names and values of headers; invalid ones are left out.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Said {
    fn response(self) -> oauth2::HttpResponse {
        use oauth2::http::{HeaderName, HeaderValue, StatusCode};
        let mut response = oauth2::HttpResponse::new(self.body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or_default();
        for (name, value) in self.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(&name), HeaderValue::from_bytes(&value))
            {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// Returns what a command reads from a response, or the error that it prints.
pub fn on_read(said: Said) -> Result<Document, String> {
    let answer = answer(said).map_err(|trouble| format!("{trouble:?}"))?;
    SERVICE.with(|service| service.get_or_init(service_of_nobody).on_read(answer)).map_err(text)
}

/// Returns an error if a write of `sent` that gets this response was not stored, or not surely.
pub fn on_write(said: Said, sent: &Document) -> Result<(), String> {
    let answer = answer(said).map_err(|trouble| format!("{trouble:?}"))?;
    let written = SERVICE.with(|service| {
        service.get_or_init(service_of_nobody).on_write(answer, sent, Some("\"1\""))
    });
    match written {
        Written::Stored { .. } => Ok(()),
        Written::Conflict => Err("conflict".into()),
        Written::Refused(failure) | Written::NotNow(failure, _) | Written::Unknown(failure, _) => {
            Err(text(failure))
        }
    }
}

/// Returns the saved form of a login with the API token `token` after this response.
pub fn on_login(said: Said, token: &str) -> Result<Vec<u8>, String> {
    let url = Url::parse("https://login.example.org/token").map_err(|error| error.to_string())?;
    let mut credentials = Credentials::default();
    on_exchange(said.response(), &url, token, &mut credentials).map_err(text)?;
    Ok(credentials.to_json().as_bytes().to_vec())
}

/// Parses a saved login and writes it again.
pub fn saved_login(bytes: &[u8]) -> Result<Vec<u8>, &'static str> {
    Credentials::parse(bytes).map(|login| login.to_json().as_bytes().to_vec())
}

/// The token that the requests of [`on_read`] and [`on_write`] carry.
pub const TOKEN: &str = "token-of-nobody";

thread_local! {
    static SERVICE: OnceCell<RestService> = const { OnceCell::new() };
}

fn answer(said: Said) -> Result<Answer, Trouble> {
    let response = said.response().into();
    Answer::read(response, "http://127.0.0.1:9/x", Instant::now() + Duration::from_secs(60))
}

/// Returns a service that gets no requests.
fn service_of_nobody() -> RestService {
    let settings = HttpSettings {
        connect_timeout: Duration::from_secs(1),
        timeout: Duration::from_secs(1),
        total_retries: 0,
        connect_retries: 0,
        read_retries: 0,
        verify: true,
        ca_file: None,
        ca_folders: Vec::new(),
        client_certificate: None,
        op_id: "op".into(),
        user_agent: "vdk".into(),
    };
    let name = |text: &str| Name::new(text).ok();
    let made = name("team").zip(name("job")).and_then(|(team, job)| {
        let base = BaseUrl::parse("http://127.0.0.1:9").ok()?;
        let http =
            Http::new(base, settings, (Some(TOKEN.into()), None, None), Talk::new("ERROR")).ok()?;
        Some(RestService::new(http, &Owner { team, job }, Collection::Secrets, false))
    });
    made.unwrap_or_else(|| unreachable!("all of it is sound"))
}

fn text(failure: Failure) -> String {
    failure.to_string()
}
