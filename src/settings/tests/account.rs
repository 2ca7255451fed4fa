//! The account's own settings, which S3 Control answers for.

use super::*;

/// Only S3 Control answers: no setting of the account may ask S3.
fn control(status: u16, bodies: Vec<&'static str>) -> (aws_sdk_s3control::Client, Seen) {
    let (connector, seen) = connector(status, bodies, None);
    let config = aws_sdk_s3control::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("AKID", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    (aws_sdk_s3control::Client::from_conf(config), seen)
}

fn account<'a>(client: &'a Client, control: &'a aws_sdk_s3control::Client) -> Bucket<'a> {
    Bucket {
        control,
        ..on(client, Some("123456789012"))
    }
}

pub(super) async fn read_account(
    setting: &str,
    status: u16,
    body: &'static str,
) -> Result<Read, CallError> {
    let (client, asked) = s3(500, "");
    let (control, _) = control(status, vec![body]);
    let setting = by_name(setting).unwrap();
    let read = setting.read(account(&client, &control)).await;
    assert!(asked.lock().unwrap().is_empty());
    read
}

async fn sent_to_account(target: Value) -> String {
    let (client, _) = s3(500, "");
    let (control, seen) = control(200, vec![""]);
    let target: Document = serde_json::from_value(target).unwrap();
    let setting = by_name("account_public_access_block").unwrap();
    let step = Step::new(&Document::ABSENT, &target);
    let written = setting.write(account(&client, &control), step).await;
    assert_eq!(written.unwrap().request_id.as_deref(), Some("REQ1EXAMPLE"));
    seen.lock().unwrap().join("\n")
}

#[tokio::test]
async fn the_accounts_block_is_asked_of_s3_control_and_is_the_same_document_as_a_buckets() {
    const NAME: &str = "account_public_access_block";
    let (_, body, document) = bodies().swap_remove(1);
    let block = read(NAME, 200, body).await.unwrap();
    assert_eq!(block.document.to_json(), document);
    assert_eq!(by_name(NAME).unwrap().representable(&block), Ok(()));
    let more = body.replace("</Pub", "<Deep>x</Deep></Pub").leak();
    let more = read(NAME, 200, more).await.unwrap();
    let lost = by_name(NAME).unwrap().representable(&more).unwrap_err();
    assert_eq!(lost, ["`deep` = `x`"]);

    // As AWS says it, which is not as S3 says it of a bucket.
    let nothing = "<ErrorResponse><Error><Code>NoSuchPublicAccessBlockConfiguration</Code>\
        <Message>The public access block configuration was not found</Message>\
        <AccountId>123456789012</AccountId></Error><RequestId>R</RequestId></ErrorResponse>";
    assert!(read(NAME, 404, nothing).await.unwrap().document.is_absent());

    let at = "https://123456789012.s3-control.us-east-1.amazonaws.com/v20180820/configuration/\
              publicAccessBlock";
    let put = sent_to_account(document.clone()).await;
    assert!(put.starts_with(&format!("PUT {at} ")), "{put}");
    assert!(
        put.contains("<IgnorePublicAcls>false</IgnorePublicAcls>"),
        "{put}"
    );
    let delete = sent_to_account(json!({"absent": true})).await;
    assert!(delete.starts_with(&format!("DELETE {at} ")), "{delete}");

    let setting = by_name(NAME).unwrap();
    let (absent, present) = (Document::ABSENT, Document::present(document));
    let there = Step::new(&absent, &present);
    assert_eq!(
        setting.command("123456789012", there, "t").words()[1..].join(" "),
        "s3control put-public-access-block --account-id 123456789012 \
         --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=false,\
         BlockPublicPolicy=true,RestrictPublicBuckets=false"
    );
    let back = setting.inverse("123456789012", Step::new(&present, &absent), "s");
    assert_eq!(
        back.words()[1..].join(" "),
        "s3control delete-public-access-block --account-id 123456789012"
    );
}

#[tokio::test]
async fn access_points_are_listed_to_the_last_page_and_each_is_asked_for_its_flags() {
    let page = |name: &str, next: &str| {
        format!(
            "<ListAccessPointsResult><AccessPointList><AccessPoint><Name>{name}</Name>\
             <NetworkOrigin>Internet</NetworkOrigin><Bucket>b</Bucket></AccessPoint>\
             </AccessPointList>{next}</ListAccessPointsResult>"
        )
        .leak()
    };
    let point = |name: &str| {
        format!(
            "<GetAccessPointResult><Name>{name}</Name><Bucket>b</Bucket>\
             <NetworkOrigin>VPC</NetworkOrigin><VpcConfiguration><VpcId>vpc-1</VpcId></VpcConfiguration>\
             <PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
             </PublicAccessBlockConfiguration></GetAccessPointResult>"
        )
        .leak()
    };
    let answers: Vec<&'static str> = vec![
        page("z", "<NextToken>more</NextToken>"),
        page("a", ""),
        point("z"),
        point("a"),
    ];
    let (client, _) = s3(500, "");
    let (control, seen) = control(200, answers);
    let setting = by_name("access_points").unwrap();
    let read = setting.read(account(&client, &control)).await.unwrap();
    let flags = json!({"BlockPublicAcls": true, "IgnorePublicAcls": false,
                       "BlockPublicPolicy": false, "RestrictPublicBuckets": false});
    let one = |name: &str| {
        json!({"Name": name, "NetworkOrigin": "VPC", "VpcId": "vpc-1",
               "PublicAccessBlockConfiguration": flags})
    };
    let all = json!({"AccessPoints": [one("a"), one("z")]});
    assert_eq!(read.document.to_json(), all);
    assert_eq!(
        setting.tidy(setting.view(&read.document)),
        Ok(read.document)
    );
    let asked = seen.lock().unwrap().join("\n");
    assert!(asked.contains("accesspoint?bucket=b "), "{asked}");
    assert!(asked.contains("nextToken=more"), "{asked}");

    let refused = setting
        .write(
            account(&client, &control),
            Step::new(&Document::ABSENT, &Document::present(all)),
        )
        .await
        .unwrap_err();
    assert_eq!(refused.code, "UnfitDocument");
    assert_eq!(seen.lock().unwrap().len(), 4, "nothing was sent");
}

#[tokio::test]
async fn access_points_over_several_regions_are_asked_for_where_aws_answers() {
    let body = "<ListMultiRegionAccessPointsResult><AccessPoints><AccessPoint><Name>global</Name>\
        <Alias>m.mrap</Alias><PublicAccessBlock><BlockPublicAcls>true</BlockPublicAcls>\
        </PublicAccessBlock><Status>READY</Status><Regions><Region><Bucket>b</Bucket>\
        <Region>eu-west-1</Region></Region></Regions></AccessPoint></AccessPoints>\
        </ListMultiRegionAccessPointsResult>";
    let (client, _) = s3(500, "");
    let (control, seen) = control(200, vec![body]);
    let setting = by_name("multi_region_access_points").unwrap();
    let read = setting.read(account(&client, &control)).await.unwrap();
    let view = setting.view(&read.document);
    assert_eq!(view["AccessPoints"][0]["Buckets"], json!(["b (eu-west-1)"]));
    assert_eq!(view["AccessPoints"][0]["block"]["flags_on"], 1);
    assert_eq!(setting.tidy(view), Ok(read.document));
    let at = "GET https://123456789012.s3-control.us-west-2.amazonaws.com/v20180820/mrap/instances";
    let asked = seen.lock().unwrap().join("\n");
    assert!(asked.starts_with(at), "{asked}");
}
