//! The emulator listens on loopback and ends with its owner.

use journeys::emulator::Emulator;
use std::fs;
use std::net::TcpStream;

/// Returns the local addresses that a process listens on, in the format of
/// `/proc/net/tcp`.
fn listens_on(process: u32) -> Vec<String> {
    let sockets: Vec<_> = fs::read_dir(format!("/proc/{process}/fd"))
        .expect("the process is there")
        .filter_map(|fd| fs::read_link(fd.ok()?.path()).ok())
        .filter_map(|link| {
            let inode = link.to_str()?.strip_prefix("socket:[")?;
            Some(inode.strip_suffix(']')?.to_owned())
        })
        .collect();
    let tables = ["tcp", "tcp6"].map(|table| {
        fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap_or_default()
    });
    let mut addresses = Vec::new();
    for row in tables.iter().flat_map(|table| table.lines()) {
        let fields: Vec<_> = row.split_whitespace().collect();
        // "proc_net_tcp" in the kernel's documentation: local address, state (0A:
        // listening), inode.
        if let (Some(local), Some(&"0A"), Some(inode)) =
            (fields.get(1), fields.get(3), fields.get(9))
            && sockets.iter().any(|socket| socket == inode)
        {
            addresses.push((*local).to_owned());
        }
    }
    addresses
}

#[test]
fn emulator_uses_loopback_and_stops() {
    let emulator = Emulator::start();
    let listening = listens_on(emulator.process_id());
    assert!(!listening.is_empty(), "it listens somewhere");
    for address in listening {
        assert!(
            address.starts_with("0100007F:"),
            "{address} is not on 127.0.0.1; the log is {}",
            emulator.log().display()
        );
    }
    let address = emulator.endpoint_url().replace("http://", "");
    drop(emulator);
    assert!(TcpStream::connect(address).is_err(), "it has ended");
}
