//! The language of rules: CEL, with limits that keep it from harming the process.
//!
//! The parser and the evaluator recurse, and a stack overflow aborts the process. So a source is
//! capped before it is parsed, and everything here (compiling, evaluating, dropping) runs on a
//! thread made by [`on_deep_stack`] or by the evaluator, with [`STACK`] to itself.

mod functions;
mod policies;
mod scope;
mod statements;
mod value;

use std::{sync::Arc, thread};

use cel::{Context, Env, ExecutionError, Program, extensions};
use serde_json::Value as Json;

pub use scope::{Scope, Uses};
pub use value::from_json;

/// Enough for any source that passes [`capped`], in debug builds too (their frames are ten times
/// those of release builds).
pub const STACK: usize = 64 * 1024 * 1024;

/// Longest source, in bytes.
const LONGEST: usize = 2_048;
/// Deepest brackets within brackets. Loops nest in brackets too, so this also bounds their product.
const DEEPEST: usize = 16;
/// Most operator characters. Counted within texts as well: a limit that errs on the small side needs
/// no second lexer beside the parser's own.
const OPERATORS: usize = 200;

/// Runs `work` on a thread with [`STACK`] and waits for it.
pub fn on_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    thread::scope(|scope| {
        thread::Builder::new()
            .name("rules-check".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .map_err(|error| format!("no thread for checking rules: {error}"))?
            .join()
            .map_err(|_| "checking the rules panicked".to_owned())
    })
}

/// The environment that expressions are compiled for and evaluated in.
pub fn environment() -> Result<Arc<Env>, String> {
    let mut env = Env::stdlib();
    env.add_extension(extensions::strings)
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(env))
}

/// A context with our functions and no variables yet.
pub fn context<'v>(env: &Arc<Env>) -> Result<Context<'static, 'v>, String> {
    let mut context = Context::with_env(Arc::clone(env));
    functions::add(&mut context).map_err(|error| error.to_string())?;
    Ok(context)
}

/// A compiled expression. To be made, used and dropped on a deep stack.
pub struct Expression(Program);

impl Expression {
    pub fn compile(env: &Env, source: &str) -> Result<Self, String> {
        capped(source)?;
        env.compile(source).map(Self).map_err(|errors| {
            let first = errors.errors.first();
            first.map_or_else(
                || "it can't be parsed".to_owned(),
                |error| {
                    format!(
                        "line {}, column {}: {}",
                        error.pos.0, error.pos.1, error.msg
                    )
                },
            )
        })
    }

    /// The names that it uses, or the first one that `scope` does not know.
    pub fn uses(&self, scope: &Scope) -> Result<Uses, String> {
        scope.uses(self.0.expression())
    }

    pub fn json(&self, context: &Context) -> Result<Json, Failure> {
        let value = self.0.execute(context)?;
        value
            .json()
            .map_err(|error| Failure::Broken(error.to_string()))
    }

    pub fn bool(&self, context: &Context) -> Result<bool, Failure> {
        match self.json(context)? {
            Json::Bool(answer) => Ok(answer),
            other => Err(Failure::Broken(format!(
                "true or false is wanted, not {other}"
            ))),
        }
    }

    pub fn texts(&self, context: &Context) -> Result<Vec<String>, Failure> {
        let value = self.json(context)?;
        serde_json::from_value(value.clone())
            .map_err(|_| Failure::Broken(format!("a list of texts is wanted, not {value}")))
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A function of ours says what is missing, in words for whoever runs the room.
    Missing(String),
    /// The expression itself went wrong: a matter for the rule's author.
    Broken(String),
}

impl Failure {
    /// With the key of the rule file in front where the author is meant.
    pub fn at(self, key: &str) -> String {
        match self {
            Self::Missing(message) => message,
            Self::Broken(message) => format!("{key}: {message}"),
        }
    }
}

impl From<ExecutionError> for Failure {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::FunctionError { function, message }
                if function == functions::MISSING =>
            {
                Self::Missing(message)
            }
            ExecutionError::FunctionError { function, message } => {
                Self::Broken(format!("{function}: {message}"))
            }
            ExecutionError::NoSuchKey(key) => Self::Broken(format!("there is no `{key}`")),
            other => Self::Broken(other.to_string()),
        }
    }
}

fn capped(source: &str) -> Result<(), String> {
    if source.len() > LONGEST {
        return Err(format!(
            "{} bytes are too many; {LONGEST} are allowed",
            source.len()
        ));
    }
    let (mut depth, mut deepest, mut operators) = (0_usize, 0, 0);
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'+' | b'-' | b'*' | b'/' | b'%' | b'!' | b'<' | b'>' | b'=' | b'&' | b'|' | b'?' => {
                operators += 1;
            }
            _ => {}
        }
    }
    if deepest > DEEPEST {
        return Err(format!(
            "brackets nest {deepest} deep; {DEEPEST} are allowed"
        ));
    }
    if operators > OPERATORS {
        return Err(format!(
            "{operators} operators are too many; {OPERATORS} are allowed"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
