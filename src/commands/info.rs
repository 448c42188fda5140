//! `vdk info`: the version of a Control Service, and its supported Python versions.

use clap::{Args, ValueHint};
use serde::Deserialize;
use vdk_api::{Document, info_path};
use vdk_client::config::Target;
use vdk_client::config::paths;
use vdk_client::http::TransportError;
use vdk_client::service::get_answer;

use crate::args::{OutputArgs, ServiceArgs};
use crate::context::Context;
use crate::error::Exit;
use crate::formats::{self, Format};

// The arguments of `vdk info`.
#[derive(Args)]
#[group(skip)]
pub struct InfoArgs {
    #[arg(
        short,
        long,
        value_name = "TEAM",
        value_hint = ValueHint::Other,
        overrides_with = "team",
        help = "A team of that Control Service"
    )]
    team: Option<String>,
    #[command(flatten)]
    service: ServiceArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Deserialize)]
struct Info {
    api_version: Option<String>,
    #[serde(default)]
    supported_python_versions: Vec<String>,
}

/// Queries the service and prints the result.
pub fn run(args: &InfoArgs, context: &Context) -> anyhow::Result<Exit> {
    let reporter = context.reporter;
    let settings = context.settings()?;
    let Target::Service(base) = context.target(args.service.rest_api_url.as_deref())? else {
        let store = settings.path(paths::LOCAL_STORE).display().to_string();
        formats::print(&if args.output.is_json() {
            format!("{}\n", serde_json::json!({"local": true, "store": store}))
        } else {
            format!(
                "No Control Service: local is the encrypted store on this machine\n\t{}\n",
                vdk_api::escape::line(&store)
            )
        })?;
        reporter.note("vdk local status shows more. For a Control Service: vdk info -u URL");
        return Ok(Exit::Done);
    };
    let (team, _) = context.team(args.team.as_deref())?;
    let (http, login_expired) =
        context.connect(&base, args.service.insecure.allow_insecure_http)?;
    let doing = "read the version of the Control Service";
    let answer = get_answer(&http, &info_path(&team), doing, login_expired)?;
    let invalid_response = || {
        let what = format!("{} at {}", answer.describe(), answer.url);
        http.failure(&TransportError::InvalidResponse(what), doing, None)
    };
    let json = std::str::from_utf8(&answer.body).map_err(|_| invalid_response())?;
    let document = Document::parse(json).map_err(|_| invalid_response())?;
    if args.output.is_json() {
        formats::print(&formats::members(&document.iter().collect(), Format::Json)?)?;
        return Ok(Exit::Done);
    }
    let info: Info = serde_json::from_str(json).map_err(|_| invalid_response())?;
    let mut lines = vec![
        format!(
            "VDK Control service version: {}",
            info.api_version.as_deref().unwrap_or("unknown")
        ),
        "Supported python versions:".into(),
    ];
    lines.extend(info.supported_python_versions.iter().map(|version| format!("\t{version}")));
    let shown: String = lines
        .iter()
        .map(|line| match line.strip_prefix('\t') {
            Some(version) => format!("\t{}\n", vdk_api::escape::line(version)),
            None => format!("{}\n", vdk_api::escape::line(line)),
        })
        .collect();
    formats::print(&shown)?;
    Ok(Exit::Done)
}
