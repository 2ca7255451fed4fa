//! What the kernel says of a process: its memory, and its time on a core.
// Each benchmark takes what it needs.
#![allow(dead_code)]

use nix::{
    errno::Errno,
    sched::{CpuSet, sched_setaffinity},
    unistd::Pid,
};

/// The most that it ever held, in megabytes.
pub fn peak_mb(pid: u32) -> u64 {
    status_mb(pid, "VmHWM:")
}

/// What it holds now, in megabytes.
pub fn held_mb(pid: u32) -> u64 {
    status_mb(pid, "VmRSS:")
}

fn status_mb(pid: u32, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let value = status.lines().find_map(|one| one.strip_prefix(line));
    let kilobytes: u64 = value
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    kilobytes / 1_024
}

/// Time on a core, of its own and in the kernel, in hundredths of a second.
pub fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let behind_name = stat.rsplit_once(')').unwrap().1;
    let fields: Vec<_> = behind_name.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Of all cores' time so far, what whoever runs this machine gave to others, and all of it.
pub fn stolen() -> (u64, u64) {
    let stat = std::fs::read_to_string("/proc/stat").unwrap();
    let times = stat.lines().next().unwrap().split_whitespace().skip(1);
    // Guests' time, behind these, is counted in the first two as well.
    let times: Vec<u64> = times.take(8).map(|time| time.parse().unwrap()).collect();
    (times[7], times.iter().sum())
}

/// Keeps all threads of a process on these cores. False where there are no such cores.
pub fn keep_to(pid: u32, cores: &[usize]) -> bool {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core).unwrap();
    }
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads.fold(true, |kept, thread| {
        let name = thread.unwrap().file_name();
        let id = Pid::from_raw(name.to_str().unwrap().parse().unwrap());
        // One that has ended since is nobody's.
        match sched_setaffinity(id, &set) {
            Ok(()) | Err(Errno::ESRCH) => kept,
            Err(_) => false,
        }
    })
}
