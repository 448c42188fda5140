//! Tests that threads with a shared login renew it only once.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use vdk_client::Silent;
use vdk_client::config::HttpSettings;
use vdk_client::http::{BaseUrl, Http, Renewal};

const THREADS: usize = 4;

/// Answers one request: 401 to the token `old` once all threads have sent it, else 200.
fn answer(stream: TcpStream, all_asked: &Barrier) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let is_old = head.iter().any(|line| line.to_lowercase() == "authorization: bearer old");
    if is_old {
        all_asked.wait();
    }
    let status = if is_old { "401 Unauthorized" } else { "200 OK" };
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
    (&stream).write_all(answer.as_bytes()).unwrap();
}

#[test]
fn renews_a_token_once_when_several_threads_are_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let all_asked = Arc::new(Barrier::new(THREADS));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let all_asked = all_asked.clone();
            std::thread::spawn(move || answer(stream, &all_asked));
        }
    });
    let renewed = Arc::new(AtomicUsize::new(0));
    let count = renewed.clone();
    let renewal: Renewal = Box::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(Some("new".into()))
    });
    let login = (Some("old".into()), Some(renewal), None);
    let base = BaseUrl::parse(&url).unwrap();
    let http = Http::new(base, HttpSettings::default(), login, &(Arc::new(Silent) as _)).unwrap();
    std::thread::scope(|scope| {
        let requests: Vec<_> = (0..THREADS).map(|_| scope.spawn(|| http.get("/x"))).collect();
        for request in requests {
            assert_eq!(request.join().unwrap().unwrap().status, 200);
        }
    });
    assert_eq!(renewed.load(Ordering::SeqCst), 1);
}
