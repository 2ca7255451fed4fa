//! A real OpenSSH server on loopback, with keys and, where it runs as root, accounts of its own: their names
//! come from a file that `nss_wrapper` shows to the server and to the room, so the machine's own list of
//! accounts stays as it is.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc
)]

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use portable_pty::CommandBuilder;

use crate::{
    pty::Tty,
    shell::{Ran, run, wait},
};

const SERVER: &str = "/usr/sbin/sshd";
const WRAPPER: &str = "libnss_wrapper.so";

/// Somebody who logs in, by an account and a key of their own.
#[derive(Clone, Copy)]
pub struct Account {
    pub name: &'static str,
    pub uid: u32,
}

pub struct Sshd {
    child: Child,
    port: u16,
    folder: PathBuf,
}

/// What shows a program the accounts of this test.
pub fn accounts(folder: &Path) -> [(&'static str, String); 3] {
    let file = |name: &str| folder.join(name).display().to_string();
    [
        ("LD_PRELOAD", WRAPPER.to_owned()),
        ("NSS_WRAPPER_PASSWD", file("passwd")),
        ("NSS_WRAPPER_GROUP", file("group")),
    ]
}

/// Writes the list of accounts: root, the server's own, and these.
pub fn make_accounts(folder: &Path, accounts: &[Account]) {
    let mut passwd = format!(
        "root:x:0:0::{}:/bin/sh\nsshd:x:104:65534::/run/sshd:/usr/sbin/nologin\n",
        folder.display()
    );
    let mut group = "root:x:0:\nnogroup:x:65534:\n".to_owned();
    for Account { name, uid } in accounts {
        let home = folder.join("home").join(name);
        fs::create_dir_all(&home).unwrap();
        chown(&home, Some(*uid), Some(*uid)).unwrap();
        passwd += &format!("{name}:x:{uid}:{uid}::{}:/bin/sh\n", home.display());
        group += &format!("{name}:x:{uid}:\n");
    }
    fs::write(folder.join("passwd"), passwd).unwrap();
    fs::write(folder.join("group"), group).unwrap();
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A key pair; gives the public half.
pub fn key(folder: &Path, name: &str) -> String {
    let file = folder.join(format!("key-{name}"));
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
        .arg(&file)
        .status()
        .unwrap();
    assert!(made.success());
    fs::read_to_string(file.with_extension("pub")).unwrap()
}

impl Sshd {
    /// Listens, with these lines more in its config. `AuthorizedKeysFile` is `keys/%u` in the folder.
    pub fn start(folder: &Path, more: &str) -> Self {
        assert!(
            Path::new(SERVER).exists(),
            "OpenSSH's server is missing: run the tests by `tests/run`, which installs it"
        );
        // Where privileges are given up, the server wants this folder, empty.
        if nix::unistd::Uid::effective().is_root() {
            fs::create_dir_all("/run/sshd").unwrap();
        }
        key(folder, "host");
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let at = folder.display();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/key-host\nAuthorizedKeysFile {at}/keys/%u\n\
             PidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\nPrintMotd no\n\
             PermitRootLogin yes\n{more}\n"
        );
        fs::write(folder.join("sshd_config"), config).unwrap();
        let child = Command::new(SERVER)
            .args(["-D", "-e", "-f"])
            .arg(folder.join("sshd_config"))
            .envs(accounts(folder))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("sshd.log")).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self {
            child,
            port,
            folder: folder.to_owned(),
        };
        wait("sshd listens", || {
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none(), "{}", server.log());
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        server
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("sshd.log")).unwrap()
    }

    /// What `ssh` is called with, for the account and by the key of somebody.
    fn words(&self, key: &str, account: &str, terminal: bool, command: &[&str]) -> Vec<String> {
        let mut words: Vec<String> = [
            "-F",
            "/dev/null",
            "-o",
            "BatchMode=yes",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
            "-o",
            "LogLevel=ERROR",
            "-o",
            "IdentitiesOnly=yes",
        ]
        .map(str::to_owned)
        .into();
        words.push("-p".to_owned());
        words.push(self.port.to_string());
        words.push("-i".to_owned());
        words.push(self.folder.join(format!("key-{key}")).display().to_string());
        if terminal {
            words.push("-tt".to_owned());
        }
        words.push(format!("{account}@127.0.0.1"));
        if !command.is_empty() {
            words.push("--".to_owned());
            words.extend(command.iter().map(|&word| word.to_owned()));
        }
        words
    }

    /// One command, without a terminal.
    pub fn ssh(&self, key: &str, account: &str, command: &[&str]) -> Ran {
        let mut ssh = Command::new("ssh");
        ssh.args(self.words(key, account, false, command))
            .stdin(Stdio::null());
        run(ssh)
    }

    /// A terminal.
    pub fn tty(&self, key: &str, account: &str, size: (u16, u16), command: &[&str]) -> Tty {
        let mut ssh = CommandBuilder::new("ssh");
        ssh.args(self.words(key, account, true, command));
        ssh.env("TERM", "xterm-256color");
        Tty::open(size.0, size.1, ssh)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
