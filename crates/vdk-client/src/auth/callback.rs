//! The end of a browser login: the provider's redirect to a loopback address (RFC 8252, section
//! 7.3), or the same address as the user pasted it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use secrecy::SecretString;

use super::interaction::Interaction;
use super::redirect::Redirect;

/// Timeout of each read of a request, and the most bytes of it that are read.
const READ_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST: u64 = 16 * 1024;
/// Pause after a connection that could not be accepted, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The result of a browser login: the code, or the provider's reason why there is none.
pub type CallbackResult = Result<SecretString, String>;

/// A result, and the browser that waits for a page, if it came from one.
type Arrival = (CallbackResult, Option<Page>);

/// Receives the result of a browser login, from whichever side it comes first.
pub struct Callback {
    redirect: Redirect,
    arrivals: Receiver<Arrival>,
    sender: Sender<Arrival>,
    listeners: Vec<TcpListener>,
}

impl Callback {
    /// Listens on the addresses of `redirect`.
    pub fn listen(mut redirect: Redirect) -> std::io::Result<Self> {
        let listeners = redirect.listen()?;
        Ok(Callback { listeners, ..Callback::pasted_only(redirect) })
    }

    /// Takes pasted addresses alone, as others listen on the addresses of `redirect`.
    pub fn pasted_only(redirect: Redirect) -> Self {
        let (sender, arrivals) = mpsc::channel();
        Callback { redirect, arrivals, sender, listeners: Vec::new() }
    }

    /// Returns the address for the provider's redirect.
    pub fn redirect_uri(&self) -> String {
        self.redirect.to_string()
    }

    /// Starts to answer requests. The redirect has to repeat `state`.
    pub fn expect(&mut self, state: &str) -> std::io::Result<()> {
        for listener in self.listeners.drain(..) {
            let (sender, state) = (self.sender.clone(), state.to_string());
            let redirect = self.redirect.clone();
            // The thread ends with the process.
            thread::Builder::new().spawn(move || {
                for stream in listener.incoming() {
                    let Ok(stream) = stream else {
                        thread::sleep(ACCEPT_PAUSE);
                        continue;
                    };
                    let (sender, state) = (sender.clone(), state.clone());
                    let redirect = redirect.clone();
                    // A silent connection must not block the others.
                    let _ = thread::Builder::new().spawn(move || {
                        if let Some(arrival) = read_request(stream, &state, &redirect) {
                            let _ = sender.send(arrival);
                        }
                    });
                }
            })?;
        }
        Ok(())
    }

    /// Starts to take pasted addresses.
    pub fn expect_pasted(
        &self,
        interaction: Arc<dyn Interaction>,
        state: &str,
    ) -> std::io::Result<()> {
        let (sender, state) = (self.sender.clone(), state.to_string());
        thread::Builder::new().spawn(move || {
            let mut is_again = false;
            while let Some(line) = interaction.pasted_address(is_again) {
                // Some browsers hide http://, and some users copy only the end of an address.
                let query = line.trim().split_once('?').map_or(line.trim(), |(_, query)| query);
                let query = query.split('#').next().unwrap_or_default();
                if let Some(result) = read_query(query, &state) {
                    let _ = sender.send((result, None));
                    return;
                }
                is_again = true;
            }
        })?;
        Ok(())
    }

    /// Waits for the result; `None` if nothing came within `limit`.
    pub fn wait(&self, limit: Duration) -> Option<(CallbackResult, Option<Page>)> {
        self.arrivals.recv_timeout(limit).ok()
    }
}

impl Callback {
    /// Shows the browser whether the login succeeded, in each tab that asked.
    pub fn finish(&self, page: Option<Page>, is_done: bool) {
        let others = self.arrivals.try_iter().filter_map(|(_, page)| page);
        page.into_iter().chain(others).for_each(|page| page.finish(is_done));
    }
}

/// Reads one request. Answers it if it does not belong to this login.
fn read_request(stream: TcpStream, state: &str, redirect: &Redirect) -> Option<Arrival> {
    stream.set_read_timeout(Some(READ_TIMEOUT)).ok()?;
    let mut lines = BufReader::new((&stream).take(REQUEST)).lines().map_while(Result::ok);
    let first = lines.next()?;
    let mut host = None;
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("host")
        {
            host = Some(value.trim().to_string());
        }
    }
    let is_ours = host.is_some_and(|host| redirect.is_host(&host));
    let target = first.strip_prefix("GET ").and_then(|rest| rest.split(' ').next());
    let result = target
        .filter(|_| is_ours)
        .and_then(|target| target.split_once('?'))
        .and_then(|(_, query)| read_query(query, state));
    let page = Page(stream);
    match result {
        Some(result) => Some((result, Some(page))),
        None => {
            page.show(
                "400 Bad Request",
                "Not this login",
                "This request does not belong to the login that vdk waits for.",
            );
            None
        }
    }
}

/// A browser that waits for the page which ends the login.
pub struct Page(TcpStream);

impl Page {
    /// Shows whether the login succeeded.
    fn finish(self, is_done: bool) {
        if is_done {
            self.show("200 OK", "Logged in", "You may close this window.");
        } else {
            self.show(
                "200 OK",
                "Not logged in",
                "The terminal shows why. You may close this window.",
            );
        }
    }

    fn show(mut self, status: &str, title: &str, text: &str) {
        let page = format!(
            "<!doctype html><html lang=en><meta charset=utf-8><title>vdk: {title}</title>\
             <style>body{{font:1.1rem/1.5 system-ui,sans-serif;margin:20vh auto;max-width:30rem;\
             text-align:center}}@media(prefers-color-scheme:dark){{body{{background:#111;color:#ddd}}}}\
             </style><h1>{title}</h1><p>{text}</p>"
        );
        let _ = write!(
            self.0,
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nConnection: close\r\n\r\n{page}",
            page.len()
        );
    }
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
        _ => Some(Err("its response has neither a code nor an error".into())),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn accepts_only_the_redirect_of_this_login() {
        let result = |query: &str| {
            read_query(query, "s%20")
                .map(|result| result.map(|code| code.expose_secret().to_string()))
        };
        assert_eq!(result("code=a%26b&state=s%2520"), Some(Ok("a&b".into())));
        assert_eq!(
            result("state=s%2520&error=access_denied&error_description=no+way"),
            Some(Err("access_denied: no way".into()))
        );
        for nothing in ["state=s%2520", "code=&state=s%2520"] {
            assert!(matches!(result(nothing), Some(Err(why)) if why.contains("neither")));
        }
        for stray in ["", "code=a", "code=a&state=other"] {
            assert_eq!(result(stray), None, "{stray}");
        }
    }
}
