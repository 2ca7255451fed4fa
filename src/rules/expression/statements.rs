//! Functions about one statement of a bucket policy. Some ask what it says, over its view; others
//! change one thing in it, over `policy.Statement[s.at]`, and leave the rest as it is. Rules build
//! their targets statement by statement from the second, so that what a fix is not about stays.

// The crate calls functions with values of their own.
#![allow(clippy::needless_pass_by_value)]

use cel::{Context, DeclarationError, ExecutionError, Value, objects::Key};
use serde_json::{Map, Value as Json};

use super::{
    functions::{Outcome, wrong},
    value::from_json,
};
use crate::settings::{is_every_action, matches, principal_text};

pub fn add(context: &mut Context) -> Result<(), DeclarationError> {
    context.add_function("covers", covers)?;
    context.add_function("free_sid", free_sid)?;
    context.add_function("with_condition", with_condition)?;
    context.add_function("without_principals", without_principals)?;
    context.add_function("without_actions", without_actions)?;
    context.add_function("only_principals", only_principals)?;
    context.add_function("with_actions", with_actions)?;
    context.add_function("outsiders", outsiders)?;
    context.add_function("acts", acts)?;
    context.add_function("cut", cut)?;
    context.add_function("add_statement", add_statement)?;
    context.add_function("flatten", flatten)
}

/// Names that our rules give to the statements that they add, see [`free_sid`]. Among each other these
/// statements stand in the order of their names, so that a policy ends the same whichever rule came
/// first.
pub const ADDED: [&str; 6] = [
    "DenyAdminFromOtherAccounts",
    "DenyOldPresignedUrls",
    "DenyOldSignatures",
    "DenyOldTLS",
    "DenyRequestsWithoutTLS",
    "DenyUnencryptedUploads",
];

/// `add_statement(policy.Statement, statement)`: the list with one more, at its end or before those of
/// [`ADDED`] whose names come later.
fn add_statement(statements: Value, new: Value) -> Outcome {
    const NAME: &str = "add_statement";
    let (Value::List(list), Value::Map(_)) = (&statements, &new) else {
        return Err(wrong(
            NAME,
            "a list of statements and a statement are wanted",
        ));
    };
    let sid = |statement: &Value| -> Option<String> {
        match field(NAME, statement, "Sid") {
            Ok(Value::String(sid)) => Some(sid.to_string()),
            _ => None,
        }
    };
    let added = |sid: &str| {
        let base = sid.trim_end_matches(|c: char| c.is_ascii_digit());
        ADDED.contains(&base)
    };
    let mut list: Vec<Value> = list.as_ref().clone();
    let name = sid(&new).unwrap_or_default();
    let later = |other: &Value| sid(other).is_some_and(|other| added(&other) && other > name);
    let at = list.iter().position(later).unwrap_or(list.len());
    list.insert(at, new);
    Ok(list.into())
}

/// `flatten(list of lists)`: their items in one list. With it, `map` may leave one statement out or
/// make two of it.
fn flatten(lists: Value) -> Outcome {
    let wanted = || wrong("flatten", "a list of lists is wanted");
    let Value::List(lists) = &lists else {
        return Err(wanted());
    };
    let mut flat: Vec<Value> = Vec::new();
    for list in lists.iter() {
        let Value::List(items) = list else {
            return Err(wanted());
        };
        flat.extend(items.iter().cloned());
    }
    Ok(flat.into())
}

/// A field of a map, without copying the others.
pub(super) fn field<'a>(
    function: &str,
    value: &'a Value,
    key: &str,
) -> Result<&'a Value, ExecutionError> {
    let Value::Map(map) = value else {
        return Err(wrong(function, "a statement's view is wanted"));
    };
    let found = map.map.get(&Key::from(key));
    found.ok_or_else(|| wrong(function, format!("a statement's view has `{key}`")))
}

pub(super) fn json(function: &str, value: &Value) -> Result<Json, ExecutionError> {
    value.json().map_err(|error| wrong(function, error))
}

pub(super) fn text(function: &str, value: &Value) -> Result<String, ExecutionError> {
    match value {
        Value::String(text) => Ok(text.to_string()),
        _ => Err(wrong(function, "a text is wanted")),
    }
}

pub(super) fn texts(function: &str, value: &Value) -> Result<Vec<String>, ExecutionError> {
    match value {
        Value::List(items) => items.iter().map(|item| text(function, item)).collect(),
        _ => Err(wrong(function, "a list of texts is wanted")),
    }
}

fn statement(function: &str, value: &Value) -> Result<Map<String, Json>, ExecutionError> {
    match json(function, value)? {
        Json::Object(statement) => Ok(statement),
        _ => Err(wrong(function, "a statement is wanted")),
    }
}

fn to_value(statement: Map<String, Json>) -> Value {
    from_json(&Json::Object(statement))
}

/// `covers(patterns, text)`: whether one of the patterns matches all of the text. The text may be a
/// pattern itself: `arn:aws:s3:::b*` covers `arn:aws:s3:::b/*`.
fn covers(patterns: Value, wanted: Value) -> Outcome {
    let wanted = text("covers", &wanted)?;
    let mut patterns = texts("covers", &patterns)?.into_iter();
    Ok(patterns.any(|pattern| matches(&pattern, &wanted)).into())
}

/// `free_sid(statements, name)`: the name, or with the lowest number behind it that makes it one
/// which no statement has.
fn free_sid(statements: Value, name: Value) -> Outcome {
    let name = text("free_sid", &name)?;
    let Json::Array(statements) = json("free_sid", &statements)? else {
        return Err(wrong("free_sid", "a list of statements is wanted"));
    };
    let taken = |sid: &str| statements.iter().any(|one| one["sid"] == sid);
    let mut free = name.clone();
    let mut number = 2;
    while taken(&free) {
        free = format!("{name}{number}");
        number += 1;
    }
    Ok(free.into())
}

/// `with_condition(statement, operator, key, values)`: the statement with one condition more. Where
/// the operator has the key already, whose values would let more in and not less, one that asks the
/// same carries the new one: the variant that ignores case, and for ARNs the other spellings.
fn with_condition(of: Value, operator: Value, key: Value, values: Value) -> Outcome {
    const NAME: &str = "with_condition";
    let mut statement = statement(NAME, &of)?;
    let (operator, key) = (text(NAME, &operator)?, text(NAME, &key)?);
    let mut values = texts(NAME, &values)?;
    values.sort();
    values.dedup();
    let conditions = statement
        .entry("Condition")
        .or_insert_with(|| Json::Object(Map::new()));
    let Json::Object(conditions) = conditions else {
        return Err(wrong(NAME, "the statement's `Condition` is no map"));
    };
    let others = match operator.as_str() {
        "ArnLike" => ["ArnEquals", "StringLike"].map(str::to_owned).to_vec(),
        _ => vec![format!("{operator}IgnoreCase")],
    };
    for operator in [operator].into_iter().chain(others) {
        let keys = conditions
            .entry(operator)
            .or_insert_with(|| Json::Object(Map::new()));
        let Json::Object(keys) = keys else {
            return Err(wrong(NAME, "the statement's `Condition` holds no maps"));
        };
        if !keys.keys().any(|known| known.eq_ignore_ascii_case(&key)) {
            keys.insert(key, values.into());
            return Ok(to_value(statement));
        }
    }
    Err(wrong(NAME, format!("`{key}` has conditions already")))
}

/// `without_principals(statement, principals)`: without those, named as in a view's `principals` (`*`
/// is everyone, whichever way that was spelled). One that is not there changes nothing; at least one must be left.
fn without_principals(of: Value, principals: Value) -> Outcome {
    principals_that("without_principals", &of, &principals, false)
}

/// `only_principals(statement, principals)`: with those alone, of the ones that it has.
fn only_principals(of: Value, principals: Value) -> Outcome {
    principals_that("only_principals", &of, &principals, true)
}

fn principals_that(function: &str, of: &Value, named: &Value, stay: bool) -> Outcome {
    let mut statement = statement(function, of)?;
    let named = texts(function, named)?;
    let Some(Json::Object(kinds)) = statement.get_mut("Principal") else {
        return Ok(to_value(statement));
    };
    for (kind, ids) in kinds.iter_mut() {
        let kept = |id: &Json| {
            named.contains(&principal_text(kind, id.as_str().unwrap_or_default())) == stay
        };
        match ids {
            Json::Array(ids) => ids.retain(kept),
            id if !kept(id) => *id = Json::Array(Vec::new()),
            _ => {}
        }
    }
    kinds.retain(|_, ids| ids.as_array().is_none_or(|ids| !ids.is_empty()));
    if kinds.is_empty() {
        return Err(wrong(
            function,
            "nobody would be left; the statement has to go",
        ));
    }
    Ok(to_value(statement))
}

/// `outsiders(s, accounts)`: those of a statement's principals that belong to other accounts, if it
/// lets them do anything at all. Where it names everyone as well, they are nobody special.
fn outsiders(view: Value, accounts: Value) -> Outcome {
    const NAME: &str = "outsiders";
    let own = texts(NAME, &accounts)?;
    let mut found: Vec<Value> = Vec::new();
    if text(NAME, field(NAME, &view, "effect")?)? == "Allow"
        && matches!(field(NAME, &view, "everyone")?, Value::Bool(false))
        && let Value::List(grantees) = field(NAME, &view, "grantees")?
    {
        for grantee in grantees.iter() {
            if !own.contains(&text(NAME, field(NAME, grantee, "account")?)?) {
                found.push(field(NAME, grantee, "principal")?.clone());
            }
        }
    }
    Ok(found.into())
}

/// `acts(s, action)`: whether a statement is about an action.
fn acts(view: Value, action: Value) -> Outcome {
    let action = text("acts", &action)?.to_lowercase();
    Ok(about("acts", &view, &action)?.into())
}

fn about(function: &str, view: &Value, action: &str) -> Result<bool, ExecutionError> {
    let any = |key: &str| -> Result<Option<bool>, ExecutionError> {
        let patterns = texts(function, field(function, view, key)?)?;
        let hit = patterns.iter().any(|pattern| matches(pattern, action));
        Ok((!patterns.is_empty()).then_some(hit))
    };
    match any("not_actions")? {
        Some(excepted) => Ok(!excepted),
        None => Ok(any("actions")?.unwrap_or_default()),
    }
}

/// `cut(s, actions)`: how these actions can be taken out of a statement: `none` where it is about none
/// of them, `gone` where it is about nothing else, `exact` where [`without_actions`] takes out them
/// and nothing else, `inexact` where it has patterns that cover others too.
fn cut(view: Value, actions: Value) -> Outcome {
    const NAME: &str = "cut";
    let wanted: Vec<String> = texts(NAME, &actions)?
        .into_iter()
        .map(|action| action.to_lowercase())
        .collect();
    let mut about_any = false;
    for action in &wanted {
        about_any |= about(NAME, &view, action)?;
    }
    let listed = texts(NAME, field(NAME, &view, "actions")?)?;
    let every = |action: &String| is_every_action(action);
    let pattern = |action: &String| {
        !wanted.contains(action) && wanted.iter().any(|wanted| matches(action, wanted))
    };
    let word = if !about_any {
        "none"
    } else if listed.is_empty() || listed.iter().any(every) {
        "exact"
    } else if listed.iter().any(pattern) {
        "inexact"
    } else if listed.iter().all(|action| wanted.contains(action)) {
        "gone"
    } else {
        "exact"
    };
    Ok(word.into())
}

/// `with_actions(statement, actions)`: the statement about those and no others.
fn with_actions(of: Value, actions: Value) -> Outcome {
    const NAME: &str = "with_actions";
    let mut statement = statement(NAME, &of)?;
    let actions = texts(NAME, &actions)?;
    if actions.is_empty() {
        return Err(wrong(NAME, "at least one action is wanted"));
    }
    statement.remove("NotAction");
    statement.insert("Action".to_owned(), actions.into());
    Ok(to_value(statement))
}

/// `without_actions(statement, actions)`: the statement without those. Every action of S3 (`s3:*`)
/// becomes all but those; other patterns stay as they are. At least one must be left.
fn without_actions(of: Value, actions: Value) -> Outcome {
    const NAME: &str = "without_actions";
    let mut statement = statement(NAME, &of)?;
    let gone = texts(NAME, &actions)?;
    let list = |key: &str| match statement.get(key) {
        Some(Json::Array(items)) => items.clone(),
        Some(item) => vec![item.clone()],
        None => Vec::new(),
    };
    let (listed, mut except) = (list("Action"), list("NotAction"));
    let lower = |action: &Json| action.as_str().unwrap_or_default().to_lowercase();
    let every = |action: &Json| is_every_action(&lower(action));
    if listed.is_empty() || listed.iter().any(every) {
        except.extend(gone.into_iter().map(Json::String));
        except.sort_by_key(lower);
        except.dedup_by_key(|action| lower(action));
        statement.remove("Action");
        statement.insert("NotAction".to_owned(), except.into());
        return Ok(to_value(statement));
    }
    let left: Vec<Json> = listed
        .into_iter()
        .filter(|action| {
            !gone
                .iter()
                .any(|gone| gone.eq_ignore_ascii_case(&lower(action)))
        })
        .collect();
    if left.is_empty() {
        return Err(wrong(
            NAME,
            "nothing would be left; the statement has to go",
        ));
    }
    statement.insert("Action".to_owned(), left.into());
    Ok(to_value(statement))
}
