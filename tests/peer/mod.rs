//! The S3 that we did not write (moto), as a process of its own, and the real `aws` program on it.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)] // each test file uses its part

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sixfold::config::Config;

pub const VAULT: &str = "peer-vault";

pub fn tool(variable: &str, name: &str) -> PathBuf {
    let found = std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.exists());
    found.unwrap_or_else(|| {
        panic!(
            "{name} is missing: run the tests by `tests/run`, which installs it and sets {variable}"
        )
    })
}

/// A moto server on a free port; killed when the test ends.
pub struct Moto {
    child: Child,
    pub url: String,
}

impl Moto {
    pub fn start() -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let child = Command::new(tool("SIXFOLD_MOTO_PYTHON", "a Python with moto"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peer_moto.py"))
            .arg(port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_mins(1);
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "moto does not listen");
            std::thread::park_timeout(Duration::from_millis(50));
        }
        Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
        }
    }

    pub fn config(&self, state: &Path) -> Config {
        let text = format!(
            "name = \"peer\"\nmode = \"enforce\"\n[cloud]\nregion = \"us-east-1\"\nendpoint_url = \"{}\"\ncalls_per_second = 500\n\
             [vault]\nbucket = \"{VAULT}\"\n[scan]\npause = \"1h\"\n[verify]\nfirst = \"5ms\"\ngap = \"20ms\"\ndeadline = \"20s\"\n\
             [owners]\ndefault = \"platform@acme.com\"\n\
             [parameters]\nkms_key = \"arn:aws:kms:us-east-1:123456789012:key/5f1c2b7e-0d3a-4c55-9d61-2f6a7b8c9d01\"\n",
            self.url
        );
        let mut config = Config::parse(&text, Path::new("peer.toml")).unwrap();
        config.cloud.static_keys = Some(("testing".to_owned(), "testing".to_owned()));
        state.clone_into(&mut config.state);
        config
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a printed command as it is printed, by a shell, in a folder with its files.
pub fn run_printed(moto: &Moto, folder: &Path, text: &str) {
    let aws = tool("SIXFOLD_AWS_CLI", "the aws command");
    let path = format!(
        "{}:{}",
        aws.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let output = Command::new("sh")
        .args(["-eu", "-c", text])
        .current_dir(folder)
        .env("PATH", path)
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_ENDPOINT_URL", &moto.url)
        // The account goes before the host of S3 Control, and no resolver has to know that name where
        // moto is the proxy.
        .env("AWS_ENDPOINT_URL_S3_CONTROL", "http://s3.moto")
        .env("HTTP_PROXY", &moto.url)
        .env("NO_PROXY", "127.0.0.1")
        .env_remove("no_proxy")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
