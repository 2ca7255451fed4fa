//! A plan is a value: another process, another language and another time zone give the same bytes.
//! What an approver saw, a reviewer can see again.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod house;
mod shell;

use sixfold::sandbox::{Sandbox, SandboxOptions, estate};

use shell::{Ran, Shell};

/// The parameters of the demo.
fn parameters() -> &'static str {
    let demo = include_str!("../src/cli/demo.toml");
    &demo[demo.find("[parameters]").unwrap()..]
}

/// A shell on the whole demo estate.
fn estate() -> Shell {
    let mut shell = Shell::open();
    shell.sandbox = shell.runtime.block_on(async {
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        estate::make(&sandbox);
        sandbox
    });
    let text = shell::config("observe", &shell.sandbox.endpoint_url());
    let (kept, _) = text.split_once("[rules]").unwrap();
    shell.write("sixfold.toml", &format!("{kept}{}", parameters()));
    shell
}

fn in_place(shell: &Shell, args: &[&str], language: &str, zone: &str) -> Ran {
    let mut command = shell.command(args);
    command
        .env("LC_ALL", language)
        .env("LANG", language)
        .env("TZ", zone);
    shell::run(command)
}

/// One violation for each rule of the library, by the estate's own scan.
fn violations(shell: &Shell) -> Vec<(String, String)> {
    let scan = shell.run(&["scan", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&scan.exits(3).out).unwrap();
    let mut found = std::collections::BTreeMap::new();
    let assets = ["accounts", "buckets"].map(|key| document[key].as_array().unwrap());
    for asset in assets.into_iter().flatten() {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let name = match &asset["bucket"] {
            serde_json::Value::Null => format!("account:{}", text(&asset["account"])),
            bucket => text(bucket),
        };
        for verdict in asset["verdicts"].as_array().unwrap() {
            if verdict["verdict"] == "violation" && verdict.get("blocked").is_none() {
                found
                    .entry(text(&verdict["rule"]))
                    .or_insert_with(|| name.clone());
            }
        }
    }
    found.into_iter().collect()
}

#[test]
fn a_plan_is_the_same_bytes_in_another_process_language_and_time_zone() {
    let shell = estate();
    let violations = violations(&shell);
    assert!(violations.len() >= 35, "a thin estate: {violations:?}");
    for (rule, bucket) in violations {
        let args = ["plan", &rule, &bucket];
        let here = in_place(&shell, &args, "C", "UTC");
        let there = in_place(&shell, &args, "tr_TR.UTF-8", "Asia/Tokyo");
        here.exits(3);
        // What no call can do has steps and no commands.
        if !here.out.contains("\nby hand: ") {
            here.says("\nforward\n").says("\ninverse\n");
        }
        there.exits(3);
        assert_eq!(here.out.as_bytes(), there.out.as_bytes(), "{rule}");
    }
}
