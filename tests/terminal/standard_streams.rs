//! Tests standard streams in the states in which a parent may leave them.

use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::process::Stdio;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use vdk_testing::Home;

fn set_non_blocking(end: &impl std::os::fd::AsFd) {
    let flags = fcntl_getfl(end).unwrap();
    fcntl_setfl(end, flags | OFlags::NONBLOCK).unwrap();
}

fn is_non_blocking(end: &impl std::os::fd::AsFd) -> bool {
    fcntl_getfl(end).unwrap().contains(OFlags::NONBLOCK)
}

/// Returns a pipe whose writing end is in non-blocking mode, as Node.js leaves it.
fn non_blocking_pipe() -> (PipeReader, PipeWriter) {
    let (reader, writer) = pipe().unwrap();
    set_non_blocking(&writer);
    (reader, writer)
}

#[test]
fn waits_for_outputs_in_non_blocking_mode() {
    let home = Home::at("local");
    let value = "x".repeat(800_000);
    home.secrets(&["--set-file", "big", &home.file("big", &value)]).done();
    for format in ["raw", "json", "text", "shell"] {
        let get = ["secrets", "-n", "j", "-t", "t", "--get", "big", "-o", format];
        let (mut reader, writer) = non_blocking_pipe();
        let mut command = home.command(get);
        let mode = writer.try_clone().unwrap();
        command.stdout(Stdio::from(writer)).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        drop(command);
        // vdk waits for the reader, and no byte is lost.
        let mut first = [0; 1];
        reader.read_exact(&mut first).unwrap();
        assert!(is_non_blocking(&mode), "the mode stays");
        drop(mode);
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        assert!(rest.len() >= value.len() - 1, "{format}: {}", rest.len());
    }
    // The same holds for errors and help.
    let keys: Vec<String> = (0..12_000).flat_map(|n| ["--get".into(), format!("k{n}")]).collect();
    let (mut reader, writer) = non_blocking_pipe();
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
fn waits_for_input_in_non_blocking_mode() {
    let home = Home::at("local");
    for (args, input) in
        [(&["--set", "k"][..], &["val", "ue\n"][..]), (&["--set-file", "k", "-"], &["val", "ue"])]
    {
        let (reader, mut writer) = pipe().unwrap();
        set_non_blocking(&reader);
        let mut command = home.command([&["secrets", "-n", "j", "-t", "t"], args].concat());
        command.stdin(Stdio::from(reader)).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(command);
        // The message shows that vdk has found no input yet.
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
