//! Texts with credentials and texts that only look like it. Tokens are written in pieces, so that no scanner takes this file for a leak.

use super::names::{Name, classify};
use super::scan::{Hit, Language, What, scan};

fn found(text: &str, language: Language) -> Vec<String> {
    let shown = |hit: Hit| match hit.what {
        What::Format(what) => format!("{what}: {}", &text[hit.range]),
        What::Named(name) => format!("{name}: {}", &text[hit.range]),
        What::Url => format!("url: {}", &text[hit.range]),
    };
    scan(text, language).hits.into_iter().map(shown).collect()
}

const ALNUM36: &str = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5";
const HEX32: &str = "3f9a1c7e5b2d8064a9c1e7f3b5d20486";

#[test]
fn tokens_are_known_by_their_form() {
    let base64 = "kq3J8vN1xZ7pL0mB5cR9tY2wE6uI4oA8sD1fG3hJ5kL7zX9cV2bN4mQ6wE8rT0yU1iO3pA5sD7fG9hJ2kL4zX6c";
    let tokens = [
        format!("{}{}", "ghp_", ALNUM36),
        format!("{}{}", "gho_", ALNUM36),
        format!("{}{}", "github_pat_", &format!("{ALNUM36}{ALNUM36}_aB3dE5fGq")),
        format!("{}{}", "glpat-", &ALNUM36[..20]),
        format!("{}{}", "xoxb-", "731930214765-731930214765-aB3dE5fG7hJ9kL1mN3pQ5rS7"),
        format!("{}{}", "sk_live_", &ALNUM36[..24]),
        format!("{}{}", "AIza", &ALNUM36[..35]),
        format!("{}{}", "npm_", ALNUM36),
        format!("{}{}", "hf_", "aQbWcEdRfTgYhUjIkOlPzXsCvBnMqWeRtY"),
        format!("{}{}", "dapi", HEX32),
        format!("{}{}", "SK", HEX32),
        format!("{}{}.{}", "SG.", &ALNUM36[..22], &format!("{ALNUM36}aB3dE5f")),
        format!("{}{}", "dop_v1_", &format!("{HEX32}{HEX32}").replace("48", "59")),
        format!("{}{}", "sk-ant-api03-", &base64[..80]),
        format!("{}{}T3Blbk{}{}", "sk-proj-", &ALNUM36[..30], "FJ", &ALNUM36[..30]),
        format!("{}{}", "pypi-AgEIcHlwaS5vcmc", base64),
    ];
    for token in tokens {
        for text in [format!("x = \"{token}\""), format!("# old: {token}"), format!("[{token}, other]")] {
            let hits = scan(&text, Language::Code).hits;
            assert_eq!(hits.len(), 1, "{text}: {hits:?}");
            assert_eq!(&text[hits[0].range.clone()], token);
        }
        assert!(found(&format!("x_{token}"), Language::Code).is_empty(), "a part of a longer word: {token}");
    }
}

#[test]
fn a_url_of_a_webhook_and_a_connection_string_are_credentials_from_their_secret_part_on() {
    let hook = format!("https://hooks.slack.com/{}/T0B3D5F7H/B9K1M3P5R/{}", "services", "aQ3sD5fG7hJ9kL1mN3pQ5rS7");
    assert_eq!(found(&hook, Language::Code).len(), 1);
    let key = format!("{}{}==", "kq3J8vN1xZ7pL0mB5cR9tY2wE6uI4oA8sD1fG3hJ5kL7zX9cV2bN4mQ6wE8rT0yU1iO3pA5sD7fG9hJ2kL4zX6c", "")
        .replace("==", "")
        .chars()
        .take(86)
        .collect::<String>();
    let text = format!("DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={key}==;EndpointSuffix=core");
    assert_eq!(found(&text, Language::Code), [format!("an Azure account key: {key}==")]);
}

#[test]
fn an_aws_key_is_reported_at_its_secret_part() {
    let id = format!("{}{}", "AKIA", "Q7ZK3M5XW2RT6YBN");
    let secret = "wJq9rXUtnFEMI7K8MDENGz2bPxRfiCYzQ4LmT8Kd";
    assert_eq!(found(&format!("id {id} alone"), Language::Code), [format!("an AWS access key id: {id}")]);
    assert_eq!(found(&format!("{id}:{secret}"), Language::Code), [format!("an AWS secret access key: {secret}")]);
    let copy = format!("copy t from 's3://b' credentials 'aws_access_key_id={id};aws_secret_access_key={secret}'");
    assert_eq!(found(&copy, Language::Sql), [format!("aws_secret_access_key: {secret}")]);
    assert!(found("AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Language::Code).is_empty());
    assert!(found("aws_secret_access_key = \"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\"", Language::Code).is_empty());
}

#[test]
fn a_private_key_is_one_with_its_letters() {
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\nMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu\n";
    for kind in ["", "RSA ", "OPENSSH "] {
        let key = format!("-----BEGIN {kind}PRIVATE {}-----\n{body}-----END {kind}PRIVATE {}-----", "KEY", "KEY");
        let text = format!("key = '''{key}'''\n");
        assert_eq!(found(&text, Language::Code), [format!("a private key: {key}")]);
        let escaped = format!("{{\"private_key\": \"{}\"}}", key.replace('\n', "\\n"));
        assert_eq!(scan(&escaped, Language::Code).hits.len(), 1);
    }
    assert!(found("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----", Language::Code).is_empty());
    assert!(found("if pem.startswith('-----BEGIN RSA PRIVATE KEY-----'):", Language::Code).is_empty());
}

#[test]
fn a_json_web_token_is_read() {
    let encode = |json: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json)
    };
    let head = encode("{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
    let token = |claims: &str| format!("{head}.{}.{}", encode(claims), "kq3J8vN1xZ7pL0mB5cR9tY2wE6uI4oA8sD1fG3hJ5kL");
    let real = token("{\"role\":\"service\",\"iss\":\"acme\"}");
    assert_eq!(found(&format!("x: {real}."), Language::Spec), [format!("a JSON web token: {real}")]);
    assert!(found(&token("{\"sub\":\"1234567890\",\"name\":\"John Doe\",\"iat\":1516239022}"), Language::Spec).is_empty());
    assert!(found("eyJhbGciOi.eyJzdWIi.not", Language::Spec).is_empty());
}

#[test]
fn names_say_what_they_name() {
    let surely = [
        "password",
        "DB_PASSWORD",
        "dbPassword",
        "db-passwd",
        "PGPASSWORD",
        "smtp_pass",
        "db_pwd",
        "password_1",
        "passphrase",
        "MySqlPassword",
    ];
    let maybe = [
        "token",
        "API_KEY",
        "apiKey",
        "apikey",
        "x-api-key",
        "secret",
        "client_secret",
        "aws_secret_access_key",
        "private_key",
        "access_token",
        "credentials",
        "SECRET_KEY",
        "tracking_token",
    ];
    let nothing = [
        "token_url",
        "secret_name",
        "max_tokens",
        "tokenizer",
        "key_column",
        "password_file",
        "public_key",
        "primary_key",
        "partition_key",
        "key",
        "keys",
        "next_page_token",
        "password_hash",
        "hashed_password",
        "use_password",
        "access_key_id",
        "token_type",
        "unique_key",
        "sort_key",
        "passenger",
        "bypass",
        "monkey",
        "author",
        "secrets_manager",
        "kms_key",
        "reset_password",
        "eos_token",
        "compass",
    ];
    surely.iter().for_each(|name| assert_eq!(classify(name), Some(Name::Surely), "{name}"));
    maybe.iter().for_each(|name| assert_eq!(classify(name), Some(Name::Maybe), "{name}"));
    nothing.iter().for_each(|name| assert_eq!(classify(name), None, "{name}"));
}

#[test]
fn a_name_is_given_a_credential_in_many_ways() {
    let random = "q7ZK3m5XW2rt6YBn9P";
    let code = [
        "password = \"hunter2\"",
        "password='hunter2'",
        "connect(host=h, password=\"hunter2\")",
        "password: str = \"hunter2\"",
        "{\"password\": \"hunter2\"}",
        "os.environ[\"PGPASSWORD\"] = \"hunter2\"",
        "dsn = \"host=db user=etl password=hunter2 dbname=x\"",
        "url = \"jdbc:postgresql://db/x?user=u&password=hunter2\"",
        "s = \"Server=db;Database=x;User Id=etl;Password=hunter2;\"",
        "run([\"mysql\", \"--password=hunter2\"])",
        "url = \"postgresql://etl:hunter2@db:5432/x\"",
        "url = 'redis://:hunter2@cache'",
        "cur.execute(\"create user etl with password 'hunter2'\")",
    ];
    for text in code {
        let hits = scan(text, Language::Code).hits;
        assert_eq!(hits.len(), 1, "{text}: {hits:?}");
        assert_eq!(&text[hits[0].range.clone()], "hunter2", "{text}");
    }
    let sql = [
        "create user etl password 'hunter2'",
        "alter role etl with encrypted password 'hunter2';",
        "create user etl identified by 'hunter2'",
        "CREATE USER etl PASSWORD = 'hunter2'",
        "create secret s (type postgres, password 'hunter2')",
    ];
    for text in sql.iter().take(4) {
        assert_eq!(scan(text, Language::Sql).hits.len(), 1, "{text}");
    }
    for text in ["DB_PASSWORD=hunter2", "export DB_PASSWORD='hunter2'", "password: hunter2", "  db_password = hunter2"] {
        assert_eq!(scan(text, Language::Lines).hits.len(), 1, "{text}");
    }
    for text in [
        "PGPASSWORD=hunter2 psql",
        "x: mysql --password=hunter2",
        "curl --token q7ZK3m5XW2rt6YBn9P",
        "Authorization: Bearer q7ZK3m5XW2rt6YBn9P",
    ] {
        assert_eq!(scan(text, Language::Spec).hits.len(), 1, "{text}");
    }
    for text in [format!("token = \"{random}\""), format!("os.getenv(\"API_KEY\", \"{random}\")"), format!("api_key={random}")] {
        assert_eq!(scan(&text, Language::Code).hits.len(), 1, "{text}");
    }
}

#[test]
fn what_stands_for_a_credential_is_none() {
    let silent = [
        "password = \"\"",
        "password = \"xxx\"",
        "password = \"***\"",
        "password = \"changeme\"",
        "password = \"<password>\"",
        "password = \"your_password\"",
        "password = \"${PASSWORD}\"",
        "password = \"$PASSWORD\"",
        "password = \"{{ vars.pw }}\"",
        "password = os.environ[\"DB_PASSWORD\"]",
        "password = os.getenv(\"DB_PASSWORD\")",
        "password = get_password()",
        "password = settings.DB_PASSWORD",
        "password = \"%(password)s\"",
        "password = \"/run/secrets/db\"",
        "password = \"arn:aws:secretsmanager:eu:1:secret:x9\"",
        "password = \"warehouse-password\"",
        "password == \"hunter2x\" or x",
        "f\"postgresql://{user}:{password}@{host}/x\"",
        "\"postgresql://%s:%s@%s/x\" % x",
        "postgresql://user:password@host",
        "https://example.com/a@b:c",
        "token = \"bert-base-uncased\"",
        "token = \"hunter2\"",
        "api_key = \"test\"",
        "token_url = \"https://a.b/q7ZK3m5XW2rt6YBn9P\"",
        "secret: warehouse",
        "secretName: registry-7f9d8b6c5",
        "tokenizer = \"q7ZK3m5XW2rt6YBn9P\"",
        "image@sha256:3f9a1c7e5b2d8064a9c1e7f3b5d204863f9a1c7e5b2d80",
        "commit = \"3f9a1c7e5b2d8064a9c1e7f3b5d20486a1b2c3d4\"",
        "run_id = \"550e8400-e29b-41d4-a716-446655440000\"",
        "\"password=\" + password + \"&x\"",
        "help=\"the password of the database\"",
        "add_argument(\"--password\", help=\"x\")",
        "add_argument(\"--token\", \"-t\")",
        "print(\"password: \", x)",
        "password: Optional[str] = None",
        "password VARCHAR(20)",
        "[\"user\", \"password\", \"email\"]",
        "getpass(prompt=\"Password:\")",
        "PASSWORD_FIELD = \"pwd_column\"",
        "assert password == 'hunter2'",
        "primary_key = \"q7ZK3m5XW2rt6YBn9P\"",
        "\"password\": \"Contraseña\"",
        "a library identified by 'names'",
        "secret: Optional[IoK8sApiCoreV1SecretVolumeSource] = None",
        "\"parse-passwd\": \"^1.0.0\"",
        "next token: eav1OzQB0OM8rLdGXOEsyQWSG",
        "\"token\": \"9cbaf023786cd7...\"",
        "github://acme:pipelines@3f9a1c7e/x.yaml",
        "max_tokens = 4096",
    ];
    for text in silent {
        assert_eq!(found(text, Language::Code), Vec::<String>::new(), "{text}");
        assert_eq!(found(text, Language::Spec), Vec::<String>::new(), "as YAML: {text}");
    }
    let sql = [
        "select password from users where password = 'admin'",
        "where u.password = 'letmein1'",
        "select token, key from t",
        "password varchar(20) not null",
        "select md5(password) as password_hash",
        "on a.password = b.password",
        "and token = 'refund'",
        "comment on column u.password is 'the hash'",
    ];
    sql.iter().for_each(|text| assert_eq!(found(text, Language::Sql), Vec::<String>::new(), "{text}"));
}

#[test]
fn a_hostile_text_costs_no_more_than_its_length() {
    for piece in [
        "password=",
        "key='",
        "://a:",
        "-----BEGIN ",
        "eyJ",
        "key",
        "a-key\"",
        "bearer ",
        "AccountKey=",
        "password: x = ",
        "pw=\\",
        "ghp_a",
    ] {
        let text = piece.repeat(60_000 / piece.len());
        for language in [Language::Code, Language::Sql, Language::Spec, Language::Lines] {
            drop(scan(&text, language));
        }
    }
}
