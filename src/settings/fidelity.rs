//! Whether a document holds everything that the raw body does.
//!
//! A typed SDK that is older than a field drops it on read and so erases it on write. So the raw
//! body's leaf elements are counted against the document's leaves: anything that the body has and
//! the document lacks is named, and the fix halts before it writes.

use std::collections::BTreeMap;

use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};
use serde_json::Value;

use super::Read;

/// A leaf: its element name, lower-cased because the CLI and the wire spell some names differently
/// (`MFADelete`, `MfaDelete`), and its text.
type Leaves = BTreeMap<(String, String), usize>;

/// Names what of `read`'s raw XML its document lost; `neutral` tells leaves that mean nothing.
pub fn compare_xml(read: &Read, neutral: fn(&str, &str) -> bool) -> Result<(), Vec<String>> {
    compare_spelled_xml(read, neutral, |name, text| (name, text))
}

/// The same for settings whose elements the CLI calls otherwise: `renamed` holds pairs of an
/// element's name and the CLI's, both in lower case (`("allowedmethod", "allowedmethods")`).
pub fn compare_renamed_xml(
    read: &Read,
    renamed: &[(&str, &str)],
    neutral: fn(&str, &str) -> bool,
) -> Result<(), Vec<String>> {
    compare_spelled_xml(read, neutral, |name, text| {
        let known = renamed.iter().find(|(element, _)| *element == name);
        (known.map_or(name, |(_, key)| (*key).to_owned()), text)
    })
}

/// The same where the document spells some leaves otherwise than the body: `spelled` gives a leaf of
/// the body the document's name and text.
pub fn compare_spelled_xml(
    read: &Read,
    neutral: fn(&str, &str) -> bool,
    spelled: impl Fn(String, String) -> (String, String),
) -> Result<(), Vec<String>> {
    let Some(raw) = &read.raw else {
        return Ok(());
    };
    let leaves = xml_leaves(raw).map_err(|error| vec![format!("the body is not XML: {error}")])?;
    let mut body = Leaves::new();
    for ((name, text), count) in leaves {
        *body.entry(spelled(name, text)).or_default() += count;
    }
    let held = read.document.value().map(json_leaves).unwrap_or_default();
    compare(&body, &held, neutral)
}

/// Names what of `body` `document` lacks. Both are JSON; a list counts by its elements, so that a
/// value and a list with that one value are the same.
pub fn compare_json(body: &Value, document: &Value) -> Result<(), Vec<String>> {
    compare(&json_leaves(body), &json_leaves(document), |_, _| false)
}

fn compare(
    body: &Leaves,
    held: &Leaves,
    neutral: fn(&str, &str) -> bool,
) -> Result<(), Vec<String>> {
    let lost: Vec<String> = body
        .iter()
        .filter(|((name, text), count)| {
            !neutral(name, text) && held.get(&(name.clone(), text.clone())).unwrap_or(&0) < *count
        })
        .map(|((name, text), _)| format!("`{name}` = `{text}`"))
        .collect();
    if lost.is_empty() { Ok(()) } else { Err(lost) }
}

/// Every element without child elements, and every attribute that is not a namespace.
fn xml_leaves(xml: &str) -> Result<Leaves, String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut leaves = Leaves::new();
    // (name, text so far, has child elements) of the elements that are open.
    let mut open: Vec<(String, String, bool)> = Vec::new();
    let mut add = |name: String, text: String| *leaves.entry((name, text)).or_default() += 1;
    let text_error = |error: &dyn std::error::Error| error.to_string();
    loop {
        match reader.read_event().map_err(|error| text_error(&error))? {
            Event::Start(start) => {
                if let Some(parent) = open.last_mut() {
                    parent.2 = true;
                }
                for attribute in start.attributes() {
                    let attribute = attribute.map_err(|error| text_error(&error))?;
                    let key = attribute.key;
                    if key.as_namespace_binding().is_none() {
                        let value = attribute
                            .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                            .map_err(|error| text_error(&error))?;
                        add(lower(key.local_name().as_ref()), value.into_owned());
                    }
                }
                open.push((lower(start.local_name().as_ref()), String::new(), false));
            }
            Event::End(_) => match open.pop() {
                // The root of an empty document is no leaf: it says only that nothing is set.
                Some((name, text, false)) if !open.is_empty() => add(name, text),
                Some(_) => {}
                None => return Err("an element ends that never began".to_owned()),
            },
            Event::Text(text) => {
                let text = text.xml10_content().map_err(|error| text_error(&error))?;
                push(&mut open, &text);
            }
            Event::CData(text) => {
                let text = text.xml10_content().map_err(|error| text_error(&error))?;
                push(&mut open, &text);
            }
            Event::GeneralRef(entity) => {
                let character = entity
                    .resolve_char_ref()
                    .map_err(|error| text_error(&error))?;
                let name = entity.decode().map_err(|error| text_error(&error))?;
                match (character, resolve_predefined_entity(&name)) {
                    (Some(character), _) => push(&mut open, character.encode_utf8(&mut [0; 4])),
                    (None, Some(text)) => push(&mut open, text),
                    (None, None) => return Err(format!("unknown entity `&{name};`")),
                }
            }
            Event::Eof if open.is_empty() => return Ok(leaves),
            Event::Eof => return Err("it ends within an element".to_owned()),
            _ => {}
        }
    }
}

fn push(open: &mut [(String, String, bool)], text: &str) {
    if let Some((_, so_far, _)) = open.last_mut() {
        so_far.push_str(text);
    }
}

fn lower(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_lowercase()
}

/// Every scalar, under the name of the key that holds it; list elements use the list's key. An empty
/// object is a leaf too, as the empty element is that stands for it (`EventBridgeConfiguration`).
fn json_leaves(value: &Value) -> Leaves {
    fn walk(name: &str, value: &Value, leaves: &mut Leaves) {
        let text = match value {
            Value::Object(map) if map.is_empty() => String::new(),
            Value::Object(map) => {
                for (key, value) in map {
                    walk(&key.to_lowercase(), value, leaves);
                }
                return;
            }
            Value::Array(items) => {
                for item in items {
                    walk(name, item, leaves);
                }
                return;
            }
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        *leaves.entry((name.to_owned(), text)).or_default() += 1;
    }
    let mut leaves = Leaves::new();
    walk("", value, &mut leaves);
    leaves
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Document;

    fn read(xml: &str, document: Value) -> Read {
        Read {
            document: Document::present(document),
            raw: Some(xml.to_owned()),
            request_id: None,
        }
    }

    #[test]
    fn every_leaf_that_the_document_lost_is_named() {
        for (xml, document, lost) in [
            ("<A><B>1</B></A>", json!({"B": "1"}), vec![]),
            ("<A><B>1</B></A>", json!({"B": 1}), vec![]),
            ("<A><B>a &amp; &#98;</B></A>", json!({"B": "a & b"}), vec![]),
            ("<A><B><![CDATA[<x>]]></B></A>", json!({"B": "<x>"}), vec![]),
            (
                r#"<A xmlns="urn:x"><G xmlns:xsi="urn:y" xsi:type="Group"><U>u</U></G></A>"#,
                json!({"G": {"Type": "Group", "U": "u"}}),
                vec![],
            ),
            ("<A><B>1</B><B>1</B></A>", json!({"B": ["1", "1"]}), vec![]),
            (
                "<A><B>1</B><B>1</B></A>",
                json!({"B": ["1"]}),
                vec!["`b` = `1`"],
            ),
            (
                "<A><B>1</B><New><Deep>x</Deep></New></A>",
                json!({"B": "1"}),
                vec!["`deep` = `x`"],
            ),
            (
                r#"<A><B hint="n">1</B></A>"#,
                json!({"B": "1"}),
                vec!["`hint` = `n`"],
            ),
            ("<A><B/></A>", json!({}), vec!["`b` = ``"]),
            ("<A/>", json!({}), vec![]),
            ("<A><On/></A>", json!({"On": {}}), vec![]),
            ("<A><On/></A>", json!({"Off": {}}), vec!["`on` = ``"]),
        ] {
            let outcome = compare_xml(&read(xml, document), |_, _| false);
            assert_eq!(outcome.err().unwrap_or_default(), lost, "{xml}");
        }
    }

    #[test]
    fn an_element_is_looked_for_under_the_name_that_the_cli_gives_it() {
        let xml = "<A><B>1</B><B>2</B></A>";
        let compare = |document| {
            compare_renamed_xml(&read(xml, document), &[("b", "bs")], |_, _| false)
                .err()
                .unwrap_or_default()
        };
        assert!(compare(json!({"Bs": ["1", "2"]})).is_empty());
        assert_eq!(compare(json!({"Bs": ["1"]})), ["`bs` = `2`"]);
        assert_eq!(compare(json!({"B": ["1", "2"]})).len(), 2);
    }

    #[test]
    fn a_body_that_is_not_xml_is_never_taken_for_complete() {
        for xml in ["<A><B>1</A>", "<A>", "<A><B>&nope;</B></A>", "<A></B>"] {
            assert!(
                compare_xml(&read(xml, json!({"B": "1"})), |_, _| false).is_err(),
                "{xml}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_survives_the_way_through_xml(text in "[ -~äß東\u{1F600}]{0,20}") {
            let escaped = quick_xml::escape::escape(text.as_str());
            let xml = format!("<A><B>{escaped}</B></A>");
            let same = compare_xml(&read(&xml, json!({"B": text})), |_, _| false);
            proptest::prop_assert!(same.is_ok());
            let other = json!({"B": format!("{text}.")});
            proptest::prop_assert!(compare_xml(&read(&xml, other), |_, _| false).is_err());
        }
    }
}
