//! `vdk login` and `vdk logout`.

mod flows;
mod interaction;
mod logout;
mod status;

use std::sync::Arc;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueHint};
use flows::{BROWSER, api_token, client, extra, redirect};
use interaction::AtTerminal;
pub use logout::{LogoutArgs, log_out};
use secrecy::ExposeSecret;
use status::{allow, show_status};
use vdk_client::Error;
use vdk_client::auth::{Credentials, Flow, Place, Provider, SavedLogins};
use vdk_client::config::env_vars;
use vdk_client::config::{Settings, Target};
use vdk_client::http::BaseUrl;
use vdk_platform::keyring::chosen_place;
use zeroize::Zeroizing;

use crate::args::help::TEMPLATE;
use crate::args::{InsecureArgs, TEXT_OR_JSON};
use crate::context::Context;
use crate::error::Exit;
use crate::{formats, terminal};

// The arguments of `vdk login`.
#[derive(Args)]
#[group(skip)]
#[command(
    group(ArgGroup::new("instead").args(["status", "allow"])),
    help_template = TEMPLATE,
    before_help = "\
Examples:
  vdk login                                          # asks for an API token
  vdk login -t credentials --issuer URL -i CLIENT    # in the browser
  vdk login -t device --issuer URL -i CLIENT         # on another device
  vdk login --status",
    after_help = "\
The login is kept in the keyring of the operating system, or, where there is none, in vdk-cred.json, \
for this user alone. It is sent to the Control Service that is configured when you log in, or to the \
first one that it is used with, and to no other. Each service has a login of its own."
)]
pub struct LoginArgs {
    #[arg(
        short = 't',
        long,
        value_name = "TYPE",
        value_hint = ValueHint::Other,
        overrides_with = "auth_type",
        ignore_case = true,
        value_parser = ["api-token", "credentials", "device"],
        default_value = "api-token",
        help = "Login method"
    )]
    auth_type: String,
    #[arg(
        short = 'a',
        long,
        value_name = "TOKEN",
        value_hint = ValueHint::Other,
        overrides_with = "api_token",
        help = "API token; the prompt, stdin and VDK_API_TOKEN hide it from other users"
    )]
    api_token: Option<String>,
    #[arg(
        short = 'u',
        long,
        value_name = "URL",
        value_hint = ValueHint::Url,
        overrides_with = "api_token_authorization_url",
        help = "Token endpoint for the API token [default: VDK_API_TOKEN_AUTHORIZATION_URL; for a \
                token of the Control Service, its /oauth2/token]"
    )]
    api_token_authorization_url: Option<String>,
    #[arg(
        long,
        value_name = "URL",
        value_hint = ValueHint::Url,
        overrides_with = "issuer",
        help = "Identity provider, whose other addresses are discovered"
    )]
    issuer: Option<String>,
    #[arg(
        short = 'i',
        long,
        value_name = "ID",
        value_hint = ValueHint::Other,
        overrides_with = "client_id",
        help = "Client id at the provider"
    )]
    client_id: Option<String>,
    #[arg(
        short = 's',
        long,
        value_name = "SECRET",
        value_hint = ValueHint::Other,
        overrides_with = "client_secret",
        help = "Client secret, if the client has one; better VDK_CLIENT_SECRET"
    )]
    client_secret: Option<String>,
    #[arg(
        short = 'd',
        long = "oauth2-discovery-url",
        value_name = "URL",
        value_hint = ValueHint::Url,
        overrides_with = "oauth2_discovery_url",
        help = "Authorization endpoint, which the browser opens"
    )]
    oauth2_discovery_url: Option<String>,
    #[arg(
        short = 'e',
        long = "oauth2-exchange-url",
        value_name = "URL",
        value_hint = ValueHint::Url,
        overrides_with = "oauth2_exchange_url",
        help = "Token endpoint for codes and refresh tokens"
    )]
    oauth2_exchange_url: Option<String>,
    #[arg(
        long,
        value_name = "SCOPE",
        value_hint = ValueHint::Other,
        overrides_with = "scope",
        help = "Scopes to ask for, with spaces between, such as 'openid offline_access'"
    )]
    scope: Option<String>,
    #[arg(
        long,
        value_name = "URI",
        value_hint = ValueHint::Other,
        overrides_with = "redirect_uri",
        help = "Address on this machine that the browser is sent to, as it is registered at the provider, \
                such as http://localhost:8400/callback [default: http://127.0.0.1:31113]"
    )]
    redirect_uri: Option<String>,
    #[arg(
        long,
        value_name = "URI",
        value_hint = ValueHint::Other,
        overrides_with = "audience",
        help = "API that the token is for, as Auth0 asks for it"
    )]
    audience: Option<String>,
    #[arg(
        long,
        value_name = "HOW",
        value_hint = ValueHint::Other,
        overrides_with = "prompt",
        help = "login: enter the password again; select_account: choose the account"
    )]
    prompt: Option<String>,
    #[arg(
        long,
        value_name = "NAME=VALUE",
        value_hint = ValueHint::Other,
        help = "Another parameter for the provider; may be repeated"
    )]
    parameter: Vec<String>,
    #[arg(
        long,
        value_name = "SECONDS",
        value_hint = ValueHint::Other,
        overrides_with = "timeout",
        value_parser = seconds,
        help = "Longest wait [default: 120 for the browser, the life of the code for a device]"
    )]
    timeout: Option<u64>,
    #[arg(
        long,
        value_name = "URL",
        value_hint = ValueHint::Url,
        overrides_with = "rest_api_url",
        help = "Control Service that the login is for [default: the configured one]"
    )]
    rest_api_url: Option<String>,
    #[command(flatten)]
    insecure: InsecureArgs,
    #[arg(long, overrides_with = "status", help = "Show who is logged in, where, and until when")]
    status: bool,
    #[arg(
        long,
        overrides_with = "check",
        requires = "status",
        help = "With --status: ask the Control Service whether it accepts the login"
    )]
    check: bool,
    #[arg(
        long,
        value_name = "URL",
        value_hint = ValueHint::Url,
        overrides_with = "allow",
        help = "Allow the saved login for this Control Service as well"
    )]
    allow: Option<String>,
    #[arg(
        short,
        long,
        value_name = "FORMAT",
        overrides_with = "output",
        ignore_case = true,
        value_parser = TEXT_OR_JSON,
        default_value = "text",
        help = "Output format of --status"
    )]
    output: String,
}

/// Parses a timeout. The error does not repeat the argument, as clap's would do with a number.
fn seconds(text: &str) -> Result<u64, &'static str> {
    let seconds = text.parse().ok().filter(|seconds| (1..=3600).contains(seconds));
    seconds.ok_or("a number from 1 to 3600 is expected")
}

/// Logs in, or runs `--status` or `--allow`.
pub fn run(args: LoginArgs, context: &Context) -> anyhow::Result<Exit> {
    let reporter = context.reporter;
    let settings = context.settings()?;
    let saved = SavedLogins::new(settings, context.reports());
    let url = args.rest_api_url.as_deref();
    if args.status {
        return show_status(&saved, &args, context);
    }
    if let Some(service) = &args.allow {
        let from = (service_of(url, settings)?, url.is_some());
        return allow(&saved, from, service, reporter);
    }
    // Rejects an invalid setting before the user logs in for nothing.
    chosen_place().map_err(Error::from)?;
    let http = settings.http()?;
    let insecure = args.insecure.allow_insecure_http;
    let reports = context.reports();
    let provider = Provider { settings: &http, insecure, reports };
    let service = service_of(url, settings)?;
    let mut credentials = Credentials {
        services: service.iter().map(BaseUrl::origin).collect(),
        ..Credentials::default()
    };
    // Refuses a login whose service is not clear before the user logs in for nothing.
    saved.place_for(&credentials, url.is_some())?;
    let kind = args.auth_type.to_ascii_lowercase();
    match kind.as_str() {
        "api-token" => api_token(&args, &provider, service.as_ref(), &mut credentials)?,
        kind => {
            let limit = args.timeout.map(Duration::from_secs);
            let (client, endpoints) = client(&args, &provider)?;
            provider.check_token_url(&endpoints)?;
            let extra = extra(&args)?;
            let redirect = redirect(&args)?;
            let flow = Flow {
                provider: &provider,
                endpoints: &endpoints,
                client: &client,
                extra: &extra,
                interaction: Arc::new(AtTerminal::default()),
            };
            let result = if kind == "device" {
                flow.device(limit, &mut credentials)
            } else {
                flow.browser(redirect, limit.unwrap_or(BROWSER), &mut credentials)
            };
            terminal::stop_asking();
            result?;
            credentials.authorization_url = endpoints.token;
            credentials.revocation_url = endpoints.revocation;
            credentials.client_secret =
                client.secret.map(|secret| Zeroizing::new(secret.expose_secret().into()));
            credentials.client_id = Some(client.id);
        }
    }
    credentials.auth_type = Some(kind);
    let (store, place) = saved.save_new(&credentials, url.is_some())?;
    let python_lacks = match place {
        Place::Keyring => Some(format!(
            "cannot read the keyring. To log in for both: {}=file vdk login",
            env_vars::CREDENTIAL_STORE
        )),
        Place::File if saved.is_main(&store) => None,
        Place::File => Some("reads vdk-cred.json alone, where the first login is".into()),
    };
    if let Some(lacks) = python_lacks
        && super::has_other_vdk()
    {
        reporter.note(&format!("the other vdk on PATH {lacks}"));
    }
    if let Some(service) = &service {
        reporter.note(&format!("the login is for {service}"));
    }
    let others = saved.services_beside(Some(&store));
    if !others.is_empty() {
        reporter.note(&format!("the login for {} stays as it is", others.join(" and ")));
    }
    formats::print("Login Successful\n")?;
    Ok(Exit::Done)
}

/// Returns the service of `url`, or else the configured one, if there is one.
fn service_of(url: Option<&str>, settings: &Settings) -> Result<Option<BaseUrl>, Error> {
    let target = match url {
        Some(url) => Some(settings.target(Some(url))?),
        None => settings.known_target()?,
    };
    match target {
        Some(Target::Service(base)) => Ok(Some(base)),
        Some(Target::Local) if url.is_some() => Err(Error::usage("There is no login.")
            .why("The store on this machine (local) needs none.")
            .help("Give the address of a Control Service.")),
        _ => Ok(None),
    }
}
