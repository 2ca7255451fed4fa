//! JSON into CEL. The crate's own conversion makes unsigned numbers of whole ones, and CEL does not
//! compare those with the signed ones that people write.

use std::{collections::HashMap, sync::Arc};

use cel::{
    Value,
    objects::{Key, Map},
};
use serde_json::Value as Json;

pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => Value::Int(value),
            (None, Some(value)) => Value::UInt(value),
            (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::String(Arc::new(text.clone())),
        Json::Array(items) => Value::List(Arc::new(items.iter().map(from_json).collect())),
        Json::Object(entries) => {
            let entries: HashMap<Key, Value> = entries
                .iter()
                .map(|(key, value)| (Key::from(key.as_str()), from_json(value)))
                .collect();
            Value::Map(Map {
                map: Arc::new(entries),
            })
        }
    }
}
