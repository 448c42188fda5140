//! The browser part of a login: opens the browser and receives the provider's redirect on a
//! loopback address (RFC 8252, section 7.3).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use secrecy::SecretString;
use vdk_client::config::env_vars;

/// Timeout of each read of a request, and the most bytes of it that are read.
const PATIENCE: Duration = Duration::from_secs(5);
const REQUEST: u64 = 16 * 1024;

/// The result of a browser login: the code, or the provider's reason why there is none.
pub type CallbackResult = Result<SecretString, String>;

/// A listener for the browser's redirect on a loopback address.
pub struct Callback {
    port: u16,
    brought: Receiver<CallbackResult>,
    sender: Sender<CallbackResult>,
    listener: Option<TcpListener>,
}

impl Callback {
    /// Listens on `port`; 0 takes a free one.
    pub fn listen(port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let port = listener.local_addr()?.port();
        let (sender, brought) = mpsc::channel();
        Ok(Callback { port, brought, sender, listener: Some(listener) })
    }

    /// Returns the address for the provider's redirect.
    pub fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Starts to answer requests. The redirect has to repeat `state`.
    pub fn expect(&mut self, state: &str) {
        let Some(listener) = self.listener.take() else { return };
        let (sender, state, port) = (self.sender.clone(), state.to_string(), self.port);
        // The thread ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (sender, state) = (sender.clone(), state.clone());
                // A silent connection must not block the others.
                std::thread::spawn(move || {
                    if let Some(brought) = answer(&stream, &state, port) {
                        let _ = sender.send(brought);
                    }
                });
            }
        });
    }

    /// Also accepts the redirect's address as a line of `input`. `tell` gets a message for each
    /// invalid line.
    pub fn expect_line(
        &self,
        mut input: impl BufRead + Send + 'static,
        state: &str,
        tell: impl Fn(&str) + Send + 'static,
    ) {
        let (sender, state) = (self.sender.clone(), state.to_string());
        std::thread::spawn(move || {
            loop {
                let mut line = String::new();
                match input.by_ref().take(REQUEST).read_line(&mut line) {
                    Ok(n) if n > 0 => {}
                    // The input has ended; the browser may still come.
                    _ => return,
                }
                // Some browsers hide http://, and some users copy only the end of an address.
                let query = line.trim().split_once('?').map_or(line.trim(), |(_, query)| query);
                let query = query.split('#').next().unwrap_or_default();
                match read_query(query, &state) {
                    Some(brought) => {
                        let _ = sender.send(brought);
                        return;
                    }
                    None => {
                        tell("that is not the address that this login leads to; paste it whole: ")
                    }
                }
            }
        });
    }

    /// Waits for the result; `None` if nothing came within `limit`.
    pub fn wait(&self, limit: Duration) -> Option<CallbackResult> {
        self.brought.recv_timeout(limit).ok()
    }
}

/// Answers one request, and returns the result if it belongs to this login.
fn answer(stream: &TcpStream, state: &str, port: u16) -> Option<CallbackResult> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut lines = BufReader::new(stream.take(REQUEST)).lines().map_while(Result::ok);
    let first = lines.next()?;
    let mut host = None;
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("host")
        {
            host = Some(value.trim().to_string());
        }
    }
    let is_ours = host.is_some_and(|host| {
        [format!("127.0.0.1:{port}"), format!("localhost:{port}")].contains(&host)
    });
    let target = first.strip_prefix("GET ").and_then(|rest| rest.split(' ').next());
    let brought = target
        .filter(|_| is_ours)
        .and_then(|target| target.split_once('?'))
        .and_then(|(_, query)| read_query(query, state));
    let (status, title, text) = match &brought {
        Some(Ok(_)) => {
            ("200 OK", "Logged in", "vdk goes on in the terminal. You may close this window.")
        }
        Some(Err(_)) => {
            ("200 OK", "Not logged in", "The terminal tells why. You may close this window.")
        }
        None => ("400 Bad Request", "Not this login", "vdk is still waiting for its own."),
    };
    let page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>vdk: {title}</title>\
         <style>body{{font:1.1rem/1.5 system-ui,sans-serif;margin:20vh auto;max-width:30rem;\
         text-align:center}}@media(prefers-color-scheme:dark){{body{{background:#111;color:#ddd}}}}\
         </style><h1>{title}</h1><p>{text}</p>"
    );
    let mut stream = stream;
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    brought
}

/// Reads the result from a query; `None` if it does not belong to this login.
fn read_query(query: &str, state: &str) -> Option<CallbackResult> {
    let (mut code, mut error, mut described, mut theirs) = (None, None, None, None);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "code" => code = Some(value.into_owned()),
            "error" => error = Some(value.into_owned()),
            "error_description" => described = Some(value.into_owned()),
            "state" => theirs = Some(value.into_owned()),
            _ => {}
        }
    }
    if theirs? != state {
        return None;
    }
    let short = |text: String| text.chars().take(300).collect::<String>();
    match (code, error) {
        (Some(code), None) if !code.is_empty() => Some(Ok(code.into())),
        (_, Some(error)) => {
            let described = described.map(|text| format!(": {}", short(text))).unwrap_or_default();
            Some(Err(format!("{}{described}", short(error))))
        }
        // It belongs to this login, and no other redirect will follow.
        _ => Some(Err("its answer has neither a code nor an error".into())),
    }
}

/// Opens `url` in the user's browser; false if there is none.
pub fn open(url: &str) -> bool {
    let named = std::env::var("BROWSER").ok().filter(|named| !named.is_empty());
    let named = named.into_iter().flat_map(|named| {
        let each: Vec<String> = named.split(':').map(String::from).collect();
        each
    });
    let has_screen = ["DISPLAY", "WAYLAND_DISPLAY"]
        .into_iter()
        .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    let system = if cfg!(target_os = "macos") {
        Some("open")
    } else if cfg!(windows) {
        Some("rundll32 url.dll,FileProtocolHandler")
    } else {
        has_screen.then_some("xdg-open")
    };
    named.chain(system.map(String::from)).any(|command| start(&command, url))
}

fn start(command: &str, url: &str) -> bool {
    let mut words: Vec<String> = command.split_whitespace().map(String::from).collect();
    if words.is_empty() {
        return false;
    }
    match words.iter_mut().find(|word| word.contains("%s")) {
        Some(word) => *word = word.replace("%s", url),
        None => words.push(url.into()),
    }
    let started = Command::new(&words[0])
        .args(&words[1..])
        // A browser keeps running, and other programs can read its environment.
        .env_remove(env_vars::API_TOKEN)
        .env_remove(env_vars::CLIENT_SECRET)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = started else { return false };
    // It may stay in the foreground. Waiting in a thread leaves no zombie.
    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || ended.send(child.wait().is_ok_and(|status| status.success())));
    end.recv_timeout(Duration::from_secs(1)).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn only_the_answer_of_this_login_counts() {
        let brought = |query: &str| {
            read_query(query, "s%20")
                .map(|brought| brought.map(|code| code.expose_secret().to_string()))
        };
        assert_eq!(brought("code=a%26b&state=s%2520"), Some(Ok("a&b".into())));
        assert_eq!(
            brought("state=s%2520&error=access_denied&error_description=no+way"),
            Some(Err("access_denied: no way".into()))
        );
        for nothing in ["state=s%2520", "code=&state=s%2520"] {
            assert!(matches!(brought(nothing), Some(Err(why)) if why.contains("neither")));
        }
        for stray in ["", "code=a", "code=a&state=other"] {
            assert_eq!(brought(stray), None, "{stray}");
        }
    }
}
