//! The thread on which rules are judged, and the one that watches it.
//!
//! The worker has a deep stack and may be slow or die: expressions have no cost limit. The watcher
//! hands it one case at a time and waits for the watchdog's time at most. Then it answers "unknown"
//! for that case, lets the old worker finish into nothing, and starts a new one. A rule that overran
//! is not run again by this evaluator, so that it can't bring one busy thread after another.

use std::{
    collections::BTreeMap,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use super::{
    expression::STACK,
    judge::{Bench, Case, Verdict, Which},
    library::Library,
};

/// How long one case may take.
pub const WATCHDOG: Duration = Duration::from_secs(2);

type Verdicts = Vec<(String, Verdict)>;
type Reply = Box<dyn FnOnce(Verdicts) + Send>;

struct Job {
    case: Box<Case>,
    reply: Reply,
}

/// A case on its way to the worker, and where its verdicts go.
struct Work {
    case: Arc<Case>,
    ids: Vec<String>,
    verdicts: Sender<Verdicts>,
}

/// Judges cases, one after the other, off the caller's thread. Dropping it ends its threads.
#[derive(Debug)]
pub struct Evaluator {
    library: Arc<Library>,
    jobs: Sender<Job>,
}

impl Evaluator {
    pub fn start(library: Arc<Library>) -> io::Result<Self> {
        Self::with_watchdog(library, WATCHDOG)
    }

    pub fn with_watchdog(library: Arc<Library>, limit: Duration) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let watcher = Watcher {
            library: Arc::clone(&library),
            limit,
            worker: None,
            benched: BTreeMap::new(),
        };
        thread::Builder::new()
            .name("rules-watch".to_owned())
            .spawn(move || watcher.run(&queue))?;
        Ok(Self { library, jobs })
    }

    /// Judges `case` and hands its verdicts to `reply`, on the watcher's thread: it must be quick.
    pub fn submit(&self, case: Case, reply: impl FnOnce(Verdicts) + Send + 'static) {
        let job = Job {
            case: Box::new(case),
            reply: Box::new(reply),
        };
        // The watcher ends only with this sender; if it is gone, it was killed from outside.
        if let Err(mpsc::SendError(job)) = self.jobs.send(job) {
            let ids = ids(&self.library, &job.case);
            (job.reply)(all_unknown(&ids, "the evaluator is gone"));
        }
    }

    /// Judges `case` and waits.
    pub fn judge(&self, case: Case) -> Verdicts {
        let ids = ids(&self.library, &case);
        let (sender, verdicts) = mpsc::channel();
        self.submit(case, move |answer| {
            // Nobody listens any more: then nobody wants it.
            let _ = sender.send(answer);
        });
        verdicts
            .recv()
            .unwrap_or_else(|_| all_unknown(&ids, "the evaluator is gone"))
    }

    pub fn library(&self) -> &Arc<Library> {
        &self.library
    }
}

fn ids(library: &Library, case: &Case) -> Vec<String> {
    match &case.rules {
        Which::One(id) => vec![id.clone()],
        Which::All => library
            .enabled()
            .filter(|rule| rule.scope() == case.subject.asset.scope())
            .map(|rule| rule.id.clone())
            .collect(),
    }
}

fn all_unknown(ids: &[String], cause: &str) -> Verdicts {
    let unknown = |id: &String| {
        let cause = cause.to_owned();
        (id.clone(), Verdict::Unknown { cause })
    };
    ids.iter().map(unknown).collect()
}

struct Watcher {
    library: Arc<Library>,
    limit: Duration,
    worker: Option<Worker>,
    /// Rules that are not run any more, with the cause.
    benched: BTreeMap<String, String>,
}

struct Worker {
    work: Sender<Work>,
    /// The rule that it is running.
    running: Arc<Mutex<String>>,
}

impl Watcher {
    fn run(mut self, queue: &Receiver<Job>) {
        while let Ok(Job { case, reply }) = queue.recv() {
            let verdicts = self.judge(Arc::from(case));
            // A caller's panic is the caller's; the others still want their verdicts.
            let _ = catch_unwind(AssertUnwindSafe(move || reply(verdicts)));
        }
    }

    fn judge(&mut self, case: Arc<Case>) -> Verdicts {
        let ids = ids(&self.library, &case);
        let (verdicts, answer) = mpsc::channel();
        let work = Work {
            case,
            ids: ids.clone(),
            verdicts,
        };
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => match Worker::start(&self.library, &self.benched) {
                Ok(worker) => worker,
                Err(error) => return all_unknown(&ids, &format!("no thread for rules: {error}")),
            },
        };
        // A worker that is gone shows below, by the answer's channel being closed.
        let _ = worker.work.send(work);
        match answer.recv_timeout(self.limit) {
            Ok(verdicts) => {
                self.worker = Some(worker);
                verdicts
            }
            Err(RecvTimeoutError::Timeout) => {
                let rule = worker.running();
                let overran = format!("rule `{rule}` ran longer than {:?}", self.limit);
                self.benched.insert(
                    rule,
                    format!(
                        "not run: on an earlier bucket it ran longer than {:?}",
                        self.limit
                    ),
                );
                all_unknown(&ids, &overran)
            }
            Err(RecvTimeoutError::Disconnected) => all_unknown(
                &ids,
                &format!("evaluating rule `{}` panicked", worker.running()),
            ),
        }
    }
}

impl Worker {
    fn start(library: &Arc<Library>, benched: &BTreeMap<String, String>) -> io::Result<Self> {
        let (work, queue) = mpsc::channel::<Work>();
        let running = Arc::new(Mutex::new(String::new()));
        let library = Arc::clone(library);
        let benched = benched.clone();
        let now = Arc::clone(&running);
        let (ready, is_ready) = mpsc::channel::<()>();
        thread::Builder::new()
            .name("rules".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                let bench = Bench::new(&library);
                drop(ready);
                let note = |id: &str| {
                    id.clone_into(&mut now.lock().unwrap_or_else(PoisonError::into_inner));
                };
                while let Ok(Work {
                    case,
                    ids,
                    verdicts,
                }) = queue.recv()
                {
                    let answer = match &bench {
                        Err(cause) => all_unknown(&ids, cause),
                        Ok(bench) => bench.judge(&case, &ids, note, |id| benched.get(id).cloned()),
                    };
                    // The watcher gave up on this case: it has been answered.
                    if verdicts.send(answer).is_err() {
                        return;
                    }
                }
            })?;
        // Compiling is bounded by the sources' caps, and no case is to pay for it. Nothing is ever
        // sent: the channel closes when the worker is ready, or dead.
        let _: Result<(), _> = is_ready.recv();
        Ok(Self { work, running })
    }

    fn running(&self) -> String {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.clone()
    }
}
