//! Standard streams in every state that a parent may leave them in.

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::process::Stdio;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use vdk_testing::Home;

fn unblocked(end: &impl std::os::fd::AsFd) {
    let flags = fcntl_getfl(end).unwrap();
    fcntl_setfl(end, flags | OFlags::NONBLOCK).unwrap();
}

fn is_unblocked(end: &impl std::os::fd::AsFd) -> bool {
    fcntl_getfl(end).unwrap().contains(OFlags::NONBLOCK)
}

/// A pipe whose end for a child is in non-blocking mode, as Node.js leaves it.
fn out() -> (PipeReader, PipeWriter) {
    let (reader, writer) = pipe().unwrap();
    unblocked(&writer);
    (reader, writer)
}

#[test]
fn outputs_that_are_not_ready_are_waited_for() {
    let home = Home::at("local");
    let value = "x".repeat(800_000);
    home.secrets(&["--set-file", "big", &home.file("big", &value)]).done();
    for format in ["raw", "json", "text", "shell"] {
        let get = ["secrets", "-n", "j", "-t", "t", "--get", "big", "-o", format];
        let (mut reader, writer) = out();
        let mut command = home.command(get);
        let mode = writer.try_clone().unwrap();
        command.stdout(Stdio::from(writer)).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        drop(command);
        // It stands still until somebody reads, and every byte comes.
        let mut first = [0; 1];
        reader.read_exact(&mut first).unwrap();
        assert!(is_unblocked(&mode), "the mode stays");
        drop(mode);
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        assert!(rest.len() >= value.len() - 1, "{format}: {}", rest.len());
    }
    // Errors and help as well.
    let keys: Vec<String> = (0..12_000).flat_map(|n| ["--get".into(), format!("k{n}")]).collect();
    let (mut reader, writer) = out();
    let mut command = home.command("secrets -n j -t t -o raw".split(' '));
    command.args(&keys).stderr(Stdio::from(writer));
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut said = String::new();
    reader.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(said.contains("countermeasures:"), "{said}");
}

#[test]
fn input_that_is_not_there_yet_is_waited_for() {
    let home = Home::at("local");
    for (args, input) in
        [(&["--set", "k"][..], &["val", "ue\n"][..]), (&["--set-file", "k", "-"], &["val", "ue"])]
    {
        let (reader, mut writer) = pipe().unwrap();
        unblocked(&reader);
        let mut command = home.command([&["secrets", "-n", "j", "-t", "t"], args].concat());
        command.stdin(Stdio::from(reader)).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(command);
        // What it tells shows that it has found nothing yet.
        let mut told = std::io::BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        std::io::BufRead::read_line(&mut told, &mut line).unwrap();
        assert!(line.starts_with("waiting for "), "{line}");
        for part in input {
            writer.write_all(part.as_bytes()).unwrap();
        }
        drop(writer);
        assert!(child.wait().unwrap().success());
        assert_eq!(home.all(), "{\"k\": \"value\"}");
    }
}
