//! Which names an expression uses, and whether it may.
//!
//! CEL has no check before it runs, so a misspelt name would be an error on the first bucket that
//! reaches it. Here the parsed expression is walked at load instead: variables and functions must
//! be known, and so must the fields that are taken from a variable whose fields are.

use std::collections::{BTreeMap, BTreeSet};

use cel::{
    IdedExpr,
    common::ast::{CallExpr, EntryExpr, Expr, LiteralValue},
};

use super::functions::OURS;

/// Functions of the standard library and its strings extension. Operators have names of their own
/// (`_&&_`, `@in`), which no identifier can have.
pub const FUNCTIONS: [&str; 41] = [
    "bool",
    "bytes",
    "charAt",
    "contains",
    "double",
    "duration",
    "dyn",
    "endsWith",
    "format",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "hasValue",
    "indexOf",
    "int",
    "join",
    "lastIndexOf",
    "lowerAscii",
    "matches",
    "or",
    "orValue",
    "replace",
    "reverse",
    "size",
    "split",
    "startsWith",
    "string",
    "substring",
    "timestamp",
    "trim",
    "type",
    "uint",
    "upperAscii",
    "value",
];

/// Names of types, as in `type(x) == string`.
const TYPES: [&str; 10] = [
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
];

/// What expressions of one rule may name.
#[derive(Clone, Debug)]
pub struct Scope {
    /// Each variable with its fields, where those are known.
    pub variables: BTreeMap<String, BTreeSet<String>>,
}

/// What one expression does name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Uses {
    pub variables: BTreeSet<String>,
}

impl Scope {
    pub fn uses(&self, root: &IdedExpr) -> Result<Uses, String> {
        let mut walk = Walk {
            scope: self,
            bound: Vec::new(),
            uses: Uses::default(),
        };
        walk.expression(root)?;
        Ok(walk.uses)
    }
}

struct Walk<'a> {
    scope: &'a Scope,
    /// Variables of the loops that are open.
    bound: Vec<&'a str>,
    uses: Uses,
}

impl<'a> Walk<'a> {
    fn expression(&mut self, at: &'a IdedExpr) -> Result<(), String> {
        match &at.expr {
            Expr::Unspecified | Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => self.variable(name),
            Expr::Select(select) => {
                self.field(&select.operand, &select.field)?;
                self.expression(&select.operand)
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => self.all(&list.elements),
            Expr::Map(map) => map
                .entries
                .iter()
                .try_for_each(|entry| self.entry(&entry.expr)),
            Expr::Struct(message) => Err(format!("unknown type `{}`", message.type_name)),
            Expr::Comprehension(comprehension) => {
                self.expression(&comprehension.iter_range)?;
                self.expression(&comprehension.accu_init)?;
                let open = self.bound.len();
                self.bound.push(&comprehension.accu_var);
                self.bound.push(&comprehension.iter_var);
                self.bound.extend(comprehension.iter_var2.as_deref());
                self.expression(&comprehension.loop_cond)?;
                self.expression(&comprehension.loop_step)?;
                self.expression(&comprehension.result)?;
                self.bound.truncate(open);
                Ok(())
            }
        }
    }

    fn all(&mut self, expressions: &'a [IdedExpr]) -> Result<(), String> {
        expressions.iter().try_for_each(|at| self.expression(at))
    }

    fn entry(&mut self, entry: &'a EntryExpr) -> Result<(), String> {
        match entry {
            EntryExpr::StructField(field) => self.expression(&field.value),
            EntryExpr::MapEntry(entry) => {
                self.expression(&entry.key)?;
                self.expression(&entry.value)
            }
        }
    }

    fn variable(&mut self, name: &str) -> Result<(), String> {
        if self.bound.contains(&name) || TYPES.contains(&name) {
            return Ok(());
        }
        if self.scope.variables.contains_key(name) {
            self.uses.variables.insert(name.to_owned());
            return Ok(());
        }
        let known: Vec<&str> = self.scope.variables.keys().map(String::as_str).collect();
        Err(format!(
            "unknown variable `{name}`; this rule has {}",
            known.join(", ")
        ))
    }

    fn call(&mut self, call: &'a CallExpr) -> Result<(), String> {
        let name = call.func_name.as_str();
        let operator = !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !operator && !FUNCTIONS.contains(&name) && !OURS.contains(&name) {
            return Err(format!("unknown function `{name}`"));
        }
        // `a["b"]` and `a.?b` take fields too.
        if let [operand, key] = call.args.as_slice()
            && matches!(name, "_[_]" | "_?._" | "_[?_]")
            && let Expr::Literal(LiteralValue::String(field)) = &key.expr
        {
            self.field(operand, field.inner())?;
        }
        if let Some(target) = &call.target {
            self.expression(target)?;
        }
        self.all(&call.args)
    }

    fn field(&self, operand: &IdedExpr, field: &str) -> Result<(), String> {
        let Expr::Ident(name) = &operand.expr else {
            return Ok(());
        };
        if self.bound.contains(&name.as_str()) {
            return Ok(());
        }
        match self.scope.variables.get(name) {
            Some(fields) if !fields.contains(field) => {
                let known: Vec<&str> = fields.iter().map(String::as_str).collect();
                Err(format!(
                    "`{name}` has no `{field}`; it has {}",
                    known.join(", ")
                ))
            }
            _ => Ok(()),
        }
    }
}
