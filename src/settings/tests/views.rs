//! What rules see of a document, and the way back from there; the order of S3's lists never shows.

use super::*;

#[test]
fn what_a_view_shows_tidies_back_to_the_document() {
    for (setting, document) in documents() {
        if document.is_absent() {
            continue;
        }
        let back = setting.tidy(setting.view(&document));
        assert_eq!(back, Ok(document), "{}", setting.name());
    }
}

#[test]
fn the_fields_of_a_view_are_there_whether_or_not_the_setting_is() {
    for (setting, document) in documents() {
        let keys = |document| -> Vec<String> {
            let view = setting.view(document);
            view.as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(
            keys(&document),
            keys(&Document::ABSENT),
            "{}",
            setting.name()
        );
    }
}

proptest::proptest! {
    #[test]
    fn the_order_in_which_s3_lists_things_never_shows(swaps in proptest::collection::vec((0..3usize, 0..3usize), 6)) {
        let mut grants = acl();
        let mut tags = json!({"TagSet": [
            {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}]});
        let sorted = tags.clone();
        for (one, other) in swaps {
            grants["Grants"].as_array_mut().unwrap().swap(one, other);
            tags["TagSet"].as_array_mut().unwrap().swap(one, other);
        }
        let tidy = |name: &str, value| by_name(name).unwrap().tidy(value).unwrap();
        proptest::prop_assert_eq!(tidy("acl", grants), Document::present(acl()));
        proptest::prop_assert_eq!(tidy("tagging", tags), Document::present(sorted));
    }
}
