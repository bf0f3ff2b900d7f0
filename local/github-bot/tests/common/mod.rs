//! `github-bot` as a child process, and an HTTP client.
#![allow(
    dead_code,
    reason = "every test binary is built with all of it and uses its part"
)]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Running `github-bot`. Killed on drop.
pub struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Process {
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("github-bot starts");
        let stdout = child.stdout.take().expect("it is piped");
        Self {
            child,
            stdout: BufReader::new(stdout),
        }
    }

    /// Returns the next line of standard output.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("a line of text");
        line.trim_end().to_owned()
    }

    /// Returns the address from its "listening" line, which ends in `path`.
    pub fn listening(&mut self, path: &str) -> SocketAddr {
        let line = self.line();
        let address = line
            .strip_prefix("listening on http://")
            .and_then(|rest| rest.strip_suffix(path))
            .and_then(|address| address.parse().ok());
        address.unwrap_or_else(|| panic!("github-bot printed {line:?}"))
    }

    /// Sends SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Sends SIGTERM.
    pub fn ask_to_stop(&self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.expect("kill runs").success(), "SIGTERM is sent");
    }

    pub fn wait(mut self) -> ExitStatus {
        eventually("github-bot ends", Duration::from_secs(30), || {
            self.child.try_wait().expect("it is a child")
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both calls fail if the process has ended. That is expected.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends one HTTP/1.1 request on its own connection. Returns the status and body.
pub fn send(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> io::Result<(u16, String)> {
    let answer = exchange(to, method, path, headers, body)?;
    Ok((answer.status, answer.body))
}

/// Sends one HTTP/1.1 request on its own connection. Returns the whole answer.
pub fn exchange(
    to: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(&head(method, path, headers, body.len()))?;
    // A server may answer before it has read the whole request.
    let written = stream.write_all(body);
    answer(stream).map_err(|error| written.err().unwrap_or(error))
}

/// Renders the request up to its body.
pub fn head(method: &str, path: &str, headers: &[(String, String)], length: usize) -> Vec<u8> {
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nhost: bot\r\nconnection: close\r\ncontent-length: {length}\r\n"
    );
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    (head + "\r\n").into_bytes()
}

/// HTTP answer.
pub struct Answer {
    pub status: u16,
    /// Status line and headers, in lower case.
    pub head: String,
    pub body: String,
}

/// Reads the answer to its end.
pub fn answer(mut stream: TcpStream) -> io::Result<Answer> {
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    match (status, text.split_once("\r\n\r\n")) {
        (Some(status), Some((head, body))) => Ok(Answer {
            status,
            head: head.to_lowercase(),
            body: body.to_owned(),
        }),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// Polls `condition` until it returns a value.
#[track_caller]
pub fn eventually<T>(what: &str, within: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(met) = condition() {
            return met;
        }
        assert!(start.elapsed() < within, "not within {within:?}: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
