//! Which actions work on a bucket and which on the objects in it. S3 stores no statement with an action
//! that fits none of its resources: "Action does not apply to any resource(s) in statement".

use super::{glob::matches, statement::Statement};

/// Source, of this list and the next: [actions for Amazon S3](https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
const ON_OBJECTS: [&str; 33] = [
    "s3:abortmultipartupload",
    "s3:bypassgovernanceretention",
    "s3:deleteobject",
    "s3:deleteobjecttagging",
    "s3:deleteobjectversion",
    "s3:deleteobjectversiontagging",
    "s3:getobject",
    "s3:getobjectacl",
    "s3:getobjectattributes",
    "s3:getobjectlegalhold",
    "s3:getobjectretention",
    "s3:getobjecttagging",
    "s3:getobjecttorrent",
    "s3:getobjectversion",
    "s3:getobjectversionacl",
    "s3:getobjectversionattributes",
    "s3:getobjectversionforreplication",
    "s3:getobjectversiontagging",
    "s3:getobjectversiontorrent",
    "s3:initiatereplication",
    "s3:listmultipartuploadparts",
    "s3:objectowneroverridetobucketowner",
    "s3:putobject",
    "s3:putobjectacl",
    "s3:putobjectlegalhold",
    "s3:putobjectretention",
    "s3:putobjecttagging",
    "s3:putobjectversionacl",
    "s3:putobjectversiontagging",
    "s3:replicatedelete",
    "s3:replicateobject",
    "s3:replicatetags",
    "s3:restoreobject",
];

const ON_BUCKETS: [&str; 45] = [
    "s3:createbucket",
    "s3:deletebucket",
    "s3:deletebucketpolicy",
    "s3:deletebucketwebsite",
    "s3:getaccelerateconfiguration",
    "s3:getanalyticsconfiguration",
    "s3:getbucketacl",
    "s3:getbucketcors",
    "s3:getbucketlocation",
    "s3:getbucketlogging",
    "s3:getbucketnotification",
    "s3:getbucketobjectlockconfiguration",
    "s3:getbucketownershipcontrols",
    "s3:getbucketpolicy",
    "s3:getbucketpolicystatus",
    "s3:getbucketpublicaccessblock",
    "s3:getbucketrequestpayment",
    "s3:getbuckettagging",
    "s3:getbucketversioning",
    "s3:getbucketwebsite",
    "s3:getencryptionconfiguration",
    "s3:getintelligenttieringconfiguration",
    "s3:getinventoryconfiguration",
    "s3:getlifecycleconfiguration",
    "s3:getmetricsconfiguration",
    "s3:getreplicationconfiguration",
    "s3:listbucket",
    "s3:listbucketmultipartuploads",
    "s3:listbucketversions",
    "s3:putaccelerateconfiguration",
    "s3:putanalyticsconfiguration",
    "s3:putbucketacl",
    "s3:putbucketcors",
    "s3:putbucketlogging",
    "s3:putbucketnotification",
    "s3:putbucketobjectlockconfiguration",
    "s3:putbucketownershipcontrols",
    "s3:putbucketpolicy",
    "s3:putbucketpublicaccessblock",
    "s3:putbuckettagging",
    "s3:putbucketversioning",
    "s3:putencryptionconfiguration",
    "s3:putinventoryconfiguration",
    "s3:putlifecycleconfiguration",
    "s3:putreplicationconfiguration",
];

/// Whether an action, or some that a pattern covers, can be about one of the resources. An action that
/// neither list knows fits everywhere.
pub fn fits(action: &str, resources: &[String]) -> bool {
    let action = action.to_lowercase();
    let any = |list: &[&str]| list.iter().any(|known| matches(&action, known));
    let (objects, bucket) = (any(&ON_OBJECTS), any(&ON_BUCKETS));
    if resources.is_empty() || !objects && !bucket {
        return true;
    }
    // A pattern in the bucket's name covers a slash as well.
    let has_objects = |resource: &String| resource.contains(['/', '*', '?']);
    objects && resources.iter().any(has_objects)
        || bucket && resources.iter().any(|resource| !resource.contains('/'))
}

/// The actions of a statement that fit none of its resources. A pattern is none: what S3 makes of
/// one that covers no fitting action is not documented.
pub fn unfit(statement: &Statement) -> Vec<&str> {
    let each = statement.actions.iter().map(String::as_str);
    each.filter(|action| !action.contains(['*', '?']) && !fits(action, &statement.resources))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_fits_where_a_resource_is_of_its_kind() {
        for (action, resource, fit) in [
            ("s3:GetObject", "arn:aws:s3:::b/*", true),
            ("s3:GetObject", "arn:aws:s3:::b", false),
            ("s3:GetObject", "arn:aws:s3:::b*", true),
            ("s3:ListBucket", "arn:aws:s3:::b/*", false),
            ("s3:ListBucket", "arn:aws:s3:::b", true),
            ("s3:ListBucket", "*", true),
            ("s3:ReplicateDelete", "arn:aws:s3:::b/*", true),
            (
                "s3:PutBucketObjectLockConfiguration",
                "arn:aws:s3:::b/*",
                false,
            ),
            ("s3:ListBucket*", "arn:aws:s3:::b/*", false),
            ("s3:List*", "arn:aws:s3:::b/*", true),
            ("s3:*", "arn:aws:s3:::b/*", true),
            ("s3:SomethingNew", "arn:aws:s3:::b/*", true),
        ] {
            assert_eq!(
                fits(action, &[resource.to_owned()]),
                fit,
                "{action} {resource}"
            );
        }
        let both = ["arn:aws:s3:::b/*".to_owned(), "arn:aws:s3:::b".to_owned()];
        assert!(fits("s3:ListBucket", &both) && fits("s3:GetObject", &both));
        assert!(fits("s3:ListBucket", &[]), "NotResource");
    }
}
