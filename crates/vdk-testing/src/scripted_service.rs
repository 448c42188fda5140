//! A Control Service for tests of the command line. It implements both APIs over plain sockets,
//! with and without entity tags, and can fail in every way that a network or a service can.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// A running service. It stops listening when dropped.
pub struct Service {
    pub address: SocketAddr,
    scheme: &'static str,
    state: Arc<Mutex<State>>,
}

/// A request that the service received.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// A fault in place of a normal response.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Responds with this status, headers and body. Stores nothing.
    Answer(u16, &'static str, &'static str),
    /// Stores the write, then responds with this status.
    AppliedThen(u16),
    /// Closes the connection without a response. Stores nothing.
    Close,
    /// Resets the connection (RST) without a response. Stores nothing.
    Reset,
    /// Stores the write, then resets the connection without a response.
    AppliedThenReset,
    /// Sends these bytes, then closes the connection.
    Raw(Vec<u8>),
    /// Sends these bytes over and over until the client closes the connection.
    Endless(Vec<u8>),
    /// Sends nothing until the client closes the connection.
    Hang,
    /// Sends a normal response byte by byte.
    Drip,
    /// Sends the head of a normal response at once, and its body byte by byte.
    DripBody,
    /// Lets another writer set this key before the request is served.
    Foreign(&'static str),
    /// Lets another writer store this object before the request is served.
    ForeignWrite(&'static str),
    /// No fault: a later request has one.
    None,
    /// Responds with 2xx. Stores nothing.
    Lie,
    /// Responds with this status, headers and body once the gate is open. Stores nothing.
    Behind(Gate, u16, &'static str, &'static str),
}

/// Holds responses back until a test opens it.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub fn open(&self) {
        *self.0.0.lock().unwrap() = true;
        self.0.1.notify_all();
    }

    /// Waits until it is open.
    pub fn pass(&self) {
        let closed = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(closed, |open| !*open).unwrap());
    }
}

struct State {
    etags: bool,
    documents: HashMap<String, (String, u64)>,
    requests: Vec<Request>,
    faults: HashMap<&'static str, VecDeque<Fault>>,
    always: HashMap<&'static str, Fault>,
}

/// A connection, with or without TLS.
pub trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// Wraps an accepted connection in TLS. Returns `None` if the handshake fails.
pub type Wrap = Arc<dyn Fn(TcpStream) -> Option<Box<dyn Stream>> + Send + Sync>;

impl Service {
    /// Starts a service that sends entity tags and checks `If-Match`.
    pub fn with_etags() -> Self {
        Service::start(true, "http", Arc::new(|stream| Some(Box::new(stream))))
    }

    /// Starts a service that knows only GET and PUT, as the original does.
    pub fn plain() -> Self {
        Service::start(false, "http", Arc::new(|stream| Some(Box::new(stream))))
    }

    /// Starts a service behind TLS.
    pub fn tls(wrap: Wrap) -> Self {
        Service::start(true, "https", wrap)
    }

    fn start(etags: bool, scheme: &'static str, wrap: Wrap) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            etags,
            documents: HashMap::new(),
            requests: Vec::new(),
            faults: HashMap::new(),
            always: HashMap::new(),
        }));
        let shared = state.clone();
        // The threads end with the test program.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, wrap) = (shared.clone(), wrap.clone());
                std::thread::spawn(move || {
                    let _ = stream.set_nodelay(true);
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(120)));
                    let Ok(socket) = stream.try_clone() else { return };
                    if let Some(stream) = wrap(stream) {
                        serve(stream, &socket, &state);
                    }
                });
            }
        });
        Service { address, scheme, state }
    }

    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Adds faults for the next requests of this method, in this order.
    pub fn next(&self, method: &'static str, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().unwrap().faults.entry(method).or_default().extend(faults);
    }

    /// Sets the fault for all requests of this method.
    pub fn always(&self, method: &'static str, fault: Fault) {
        self.state.lock().unwrap().always.insert(method, fault);
    }

    /// Stores `secrets` or `properties` of job j, team t.
    pub fn put(&self, collection: &str, json: &str) {
        let path = format!("/data-jobs/for-team/t/jobs/j/deployments/TODO/{collection}");
        self.state.lock().unwrap().store(&path, json.to_string());
    }

    /// Returns the stored text of job j, team t.
    pub fn stored(&self, collection: &str) -> String {
        let path = format!("/data-jobs/for-team/t/jobs/j/deployments/TODO/{collection}");
        self.state.lock().unwrap().document(&path).0
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Returns the number of requests of a method.
    pub fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|request| request.method == method).count()
    }
}

impl State {
    fn document(&self, path: &str) -> (String, u64) {
        self.documents.get(path).cloned().unwrap_or(("{}".into(), 0))
    }

    fn store(&mut self, path: &str, json: String) {
        let version = self.document(path).1 + 1;
        self.documents.insert(path.to_string(), (json, version));
    }

    fn fault(&mut self, method: &str) -> Option<Fault> {
        let queued = self.faults.get_mut(method).and_then(VecDeque::pop_front);
        queued.or_else(|| self.always.get(method).cloned())
    }
}

/// Serves a connection. `socket` is the connection below TLS.
fn serve(stream: Box<dyn Stream>, socket: &TcpStream, state: &Mutex<State>) {
    // Closing a socket with a linger time of zero sends RST.
    let reset = || rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO)).unwrap();
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream) {
        let fault = {
            let mut state = state.lock().unwrap();
            state.requests.push(request.clone());
            state.fault(&request.method)
        };
        let out = stream.get_mut();
        let result = match fault {
            None | Some(Fault::None) => out.write_all(&answer(&request, state)),
            Some(Fault::Answer(status, headers, body)) => {
                out.write_all(&response(status, headers, body))
            }
            Some(Fault::AppliedThen(status)) => {
                answer(&request, state);
                // The real service sends this header.
                let unknown = "x-vdk-write-outcome: unknown\r\n";
                out.write_all(&response(status, if status == 503 { unknown } else { "" }, ""))
            }
            Some(Fault::Close) => return,
            Some(Fault::Reset) => return reset(),
            Some(Fault::AppliedThenReset) => {
                answer(&request, state);
                return reset();
            }
            Some(Fault::Raw(bytes)) => {
                let _ = out.write_all(&bytes).and_then(|()| out.flush());
                return;
            }
            Some(Fault::Endless(bytes)) => {
                while out.write_all(&bytes).and_then(|()| out.flush()).is_ok() {
                    // Sends at the pace of a network: a debug build cannot keep up with memory.
                    std::thread::sleep(Duration::from_millis(1));
                }
                return;
            }
            Some(Fault::Hang) => {
                let _ = stream.read(&mut [0]);
                return;
            }
            Some(fault @ (Fault::Drip | Fault::DripBody)) => {
                let answer = answer(&request, state);
                let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
                let at_once = if matches!(fault, Fault::DripBody) { end } else { 1 };
                let (first, rest) = answer.split_at(at_once);
                for piece in std::iter::once(first).chain(rest.chunks(1)) {
                    if out.write_all(piece).and_then(|()| out.flush()).is_err() {
                        return;
                    }
                    std::thread::sleep(Duration::from_millis(500));
                }
                return;
            }
            Some(Fault::Foreign(key)) => {
                let mut locked = state.lock().unwrap();
                let (json, _) = locked.document(&request.path);
                let comma = if json == "{}" { "" } else { "," };
                let json = if json.contains(&format!("\"{key}\"")) {
                    json
                } else {
                    format!("{}{comma}\"{key}\":\"theirs\"}}", json.trim_end_matches('}'))
                };
                locked.store(&request.path, json);
                drop(locked);
                out.write_all(&answer(&request, state))
            }
            Some(Fault::ForeignWrite(json)) => {
                state.lock().unwrap().store(&request.path, json.into());
                out.write_all(&answer(&request, state))
            }
            Some(Fault::Behind(gate, status, headers, body)) => {
                gate.pass();
                out.write_all(&response(status, headers, body))
            }
            Some(Fault::Lie) => out.write_all(&response(204, "", "")),
        };
        if result.and_then(|()| stream.get_mut().flush()).is_err() {
            return;
        }
    }
}

/// Starts a server that answers each request by `answer`; `None` closes the connection. It ends with the
/// test program.
pub fn listen(answer: impl Fn(&Request) -> Option<Vec<u8>> + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let mut stream: BufReader<Box<dyn Stream>> = BufReader::new(Box::new(stream));
                while let Some(request) = read_request(&mut stream) {
                    let Some(bytes) = answer(&request) else { return };
                    if stream.get_mut().write_all(&bytes).is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

fn read_request(stream: &mut BufReader<Box<dyn Stream>>) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_string(), words.next()?.to_string());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_lowercase(), value.trim().to_string())),
            None => break,
        }
    }
    let request = Request { method, path, headers, body: String::new() };
    let length = request.header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(Request { body: String::from_utf8(body).ok()?, ..request })
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

fn answer(request: &Request, state: &Mutex<State>) -> Vec<u8> {
    let mut state = state.lock().unwrap();
    if request.path.ends_with("/info") {
        let info = r#"{"api_version":"1.2.3","supported_python_versions":["3.11","3.12"]}"#;
        return response(200, "", info);
    }
    // As at the original, which has no such paths.
    if request.path.ends_with("/versions") || request.path.ends_with("/metadata") {
        return response(404, "", "");
    }
    let (json, version) = state.document(&request.path);
    let tag = |version: u64| format!("\"{version}\"");
    let header = |version: u64, etags: bool| {
        if etags { format!("ETag: {}\r\n", tag(version)) } else { String::new() }
    };
    match request.method.as_str() {
        "GET" => response(200, &header(version, state.etags), &json),
        "PUT" => {
            if state.etags && request.header("if-match").is_some_and(|m| m != tag(version)) {
                return response(412, "", "");
            }
            state.store(&request.path, request.body.clone());
            let status = if request.path.ends_with("/secrets") { 202 } else { 204 };
            response(status, &header(version + 1, state.etags), "")
        }
        _ => response(405, "", ""),
    }
}

/// Returns a response with a length, after which the connection stays open.
pub fn response(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length =
        if status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}{length}\r\n{body}")
        .into_bytes()
}
