use aws_lc_rs::rsa::{OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::*;

/// A secret in a folder; its path.
async fn one(team: &Team, plain: &str) -> String {
    let folder = team.folder("a", None).await;
    team.at("secrets", &team.secret("s", &folder, plain).await)
}

async fn reveal(team: &Team, secret: &str, key: &Value) -> Got {
    let body = json!({ "public_key": key });
    team.admin.send(Method::POST, secret, Some(body)).await
}

#[tokio::test]
async fn secret_is_revealed_to_the_key_of_the_caller() {
    let team = Team::new().await;
    let secret = one(&team, r#"{"user":"é"}"#).await;
    let shown = team.admin.get(&secret).await.body;

    for algorithm in ["RSA-OAEP-256", "RSA-OAEP"] {
        let mut key = PAIR.public.clone();
        key["alg"] = json!(algorithm);
        let got = reveal(&team, &secret, &key).await;

        assert_eq!(got.status, 200);
        assert_eq!(opened(&got.body["secret_jwe"]), r#"{"user":"é"}"#);
        let header = got.body["secret_jwe"].as_str().unwrap().split('.').next();
        let header = URL_SAFE_NO_PAD.decode(header.unwrap()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        let expected = json!({ "alg": algorithm, "enc": "A256GCM", "kid": key["kid"] });
        assert_eq!(header, expected);
        let mut metadata = got.body;
        metadata.as_object_mut().unwrap().remove("secret_jwe");
        assert_eq!(metadata, shown);
    }
}

#[tokio::test]
async fn reveal_changes_nothing_and_is_sealed_anew_each_time() {
    let team = Team::new().await;
    let secret = one(&team, "x").await;
    let writes = team.admin.emulator.counters().writes;

    let first = reveal(&team, &secret, &PAIR.public).await;
    let second = reveal(&team, &secret, &PAIR.public).await;

    assert_ne!(first.body["secret_jwe"], second.body["secret_jwe"]);
    assert_eq!(team.admin.emulator.counters().writes, writes);
}

#[tokio::test]
async fn secret_sealed_to_a_rotated_key_is_opened() {
    let team = Team::new().await;
    let folder = team.folder("a", None).await;
    let path = format!("{}/secrets", team.project);
    let key = vault_key(&team.admin).await;
    let body = |name: &str| {
        let sealed = seal_to(&key, "x");
        Some(json!({ "name": name, "parent_folder_id": folder, "secret_jwe": sealed }))
    };
    for _ in 0..3 {
        team.admin.emulator.rotate_vault_key();
    }

    let kept = team.admin.send(Method::POST, &path, body("1")).await;
    let shown = team.admin.get("vault/jwks.json").await.body;
    team.admin.emulator.rotate_vault_key();
    let gone = team.admin.send(Method::POST, &path, body("2")).await;

    assert_eq!(kept.status, 201);
    assert_eq!(shown["keys"].as_array().unwrap().len(), 1);
    assert_ne!(shown["keys"][0]["kid"], key["kid"]);
    assert_eq!(gone.body["message"], "secret_jwe: sealed to an unknown key");
}

#[tokio::test]
async fn key_of_the_vault_is_made_when_it_is_asked_for_and_outlives_a_reset() {
    let team = Team::new().await;
    let vault = || format!("{:?}", team.admin.emulator.shared.world.lock().store.vault);

    let before = vault();
    let key = vault_key(&team.admin).await;
    team.admin.emulator.reset();
    let again = Client::of(team.admin.emulator.clone()).await;

    assert!(!before.contains("kid"), "{before}");
    assert_eq!(vault_key(&again).await, key);
}

#[tokio::test]
async fn message_that_cannot_be_opened_is_refused_by_its_field() {
    let team = Team::new().await;
    let folder = team.folder("a", None).await;
    let path = format!("{}/secrets", team.project);
    let key = vault_key(&team.admin).await;
    let sealed = seal_to(&key, "x");
    let parts: Vec<_> = sealed.split('.').collect();
    let with = |at: usize, part: &str| {
        let mut parts = parts.clone();
        parts[at] = part;
        parts.join(".")
    };
    let header = |header: Value| with(0, &URL_SAFE_NO_PAD.encode(header.to_string()));
    let kid = &key["kid"];
    let messages = [
        "x".to_owned(),
        format!("{sealed}.x"),
        with(0, "e"),
        with(0, "W10"),
        header(json!({ "alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "other" })),
        header(json!({ "alg": "RSA1_5", "enc": "A256GCM", "kid": kid })),
        header(json!({ "alg": "RSA-OAEP", "enc": "A256GCM", "kid": kid })),
        header(json!({ "alg": "RSA-OAEP-256", "enc": "A128GCM", "kid": kid })),
        header(json!({ "alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": kid, "zip": "DEF" })),
        header(json!({ "enc": "A256GCM", "alg": "RSA-OAEP-256" })),
        with(1, "AAAA"),
        with(2, "AAAA"),
        with(3, ""),
        with(4, "AAAA"),
        with(4, "AAAAAAAAAAAAAAAAAAAAAA"),
        seal_to(&PAIR.public, "x"),
    ];

    for message in messages {
        let body = json!({ "name": "s", "parent_folder_id": folder, "secret_jwe": message });
        let got = team.admin.send(Method::POST, &path, Some(body)).await;
        assert_eq!(got.kind(), (400, "invalid_request"), "{message}");
        let told = got.body["message"].as_str().unwrap();
        assert!(told.starts_with("secret_jwe: "), "{told}");
    }
}

#[tokio::test]
async fn key_that_cannot_be_sealed_to_is_refused_by_its_field() {
    let team = Team::new().await;
    let secret = one(&team, "x").await;
    let number = |bytes: usize| URL_SAFE_NO_PAD.encode(vec![0xff; bytes]);
    let cases = [
        ("kty", json!("EC")),
        ("kty", json!(null)),
        ("n", json!(number(128))),
        ("n", json!(number(256).replace('_', "/"))),
        ("n", json!(URL_SAFE_NO_PAD.encode([0; 256]))),
        ("n", json!(number(1024))),
        ("e", json!("AA")),
        ("e", json!("AQ")),
        ("e", json!("Ag")),
        ("alg", json!("RSA1_5")),
        ("use", json!("sig")),
    ];

    for (field, wrong) in cases {
        let mut key = PAIR.public.clone();
        key[field] = wrong.clone();
        let got = reveal(&team, &secret, &key).await;
        assert_eq!(got.kind(), (400, "invalid_request"), "{field}: {wrong}");
        let told = got.body["message"].as_str().unwrap();
        assert!(told.starts_with("public_key"), "{told}");
    }
    let none = team
        .admin
        .send(Method::POST, &secret, Some(json!({})))
        .await;
    assert_eq!(none.body["message"], "public_key: missing");
}

#[tokio::test]
async fn value_is_shown_by_no_debug_log_or_metadata() {
    let team = Team::new().await;
    let secret = one(&team, "hidden value").await;
    reveal(&team, &secret, &PAIR.public).await;

    let metadata = team.admin.get(&secret).await.body;
    let emulator = &team.admin.emulator;
    let shown = [
        format!("{emulator:?}"),
        format!("{:?}", emulator.log()),
        format!("{:?}", emulator.counters()),
        metadata.to_string(),
    ];

    let bytes = format!("{:?}", "hidden value".as_bytes());
    let encoded = URL_SAFE_NO_PAD.encode("hidden value");
    for shown in shown {
        for value in ["hidden value", bytes.trim_matches(['[', ']']), &encoded] {
            assert!(!shown.contains(value), "{value}");
        }
    }
}

/// RFC 7516, appendix A.1: so what is sealed here is read by others, and the other way round.
#[test]
fn message_of_the_specification_is_opened() {
    let key = STANDARD.decode(RFC_7516_KEY).unwrap();
    let key = PrivateDecryptingKey::from_pkcs8(&key).unwrap();
    let key = OaepPrivateDecryptingKey::new(key).unwrap();

    let plain = Sealed::read(RFC_7516_MESSAGE).unwrap().open(&key).unwrap();

    assert_eq!(
        plain.expose(),
        b"The true sign of intelligence is not knowledge but imagination."
    );
}

const RFC_7516_MESSAGE: &str = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.\
    OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGe\
    ipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDb\
    Sv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaV\
    mqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je8\
    1860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi\
    6UklfCpIMfIjf7iGdXKHzg.\
    48V1_ALb6US04U3b.\
    5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji\
    SdiwkIr3ajwQzaBtQD_A.\
    XFBoMYUZodetZdvTiFvSkQ";

/// The key of the specification's example, in PKCS #8.
const RFC_7516_KEY: &str = "\
    MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQChqFQihbDQrS6wo245HofjCR/igFRcdPFG+BvjwT4F\
    W/GR4M2NsLiF7ytRZwmhmZ2zaHszvSKYRWFFTl2Mg1e2qWVcjgMWpwjUOCNP0t7A0PwxbYqt/dKmyT9mSgWeKVqQbKBP\
    Clne56wf48UAE0hRik6I3Xl2xBGSCvS8SHE33aLZqxs56dJl7JrHOIrvZTDGusqgTG/qRzm3BdOriH5AKEs6WfT+a1Rn\
    B+xFoxK0+zqZLpeuDGfFtaGiN/rre24RC54YL4UIx+trfoL2ScMUbMqw1rstkrZ2NiDIPclH8wH/g1Qlb9Oo5C3AdhvF\
    6+gkCub4vlK2jCPMbL79urobAgMBAAECggEBAJC3bSI+hmw5LPwKQkk2ELXpXDbbZSojsj8zK1x3iPspNRe/pKQ8WOPl\
    mOTVleSp7WhHl0tY/NhN++ccYVjB18r42HnD0/X6cEfzPYFfJ/R64dmp06Uw/dw7etsqVt8g7CcwZ0562LtYsFkYASqx\
    GGOOqgGSKwNsQMJ5tl+7hkdYYIZKg6dFao95G0gs9V8nwrOvy3oQcLcRyMofEYqcuNKduJqDgG4MVcN68U/75bd1FXuF\
    jtyZCTs5aVH/ik1SNj7YJvnQEcUxLRPonfuDia9IfivlRbN1Up3VUyM50sX8q4/CCy+jBv1L/GALu1SC0gd5TltPOfuK\
    hNw84K044MkCgYEA1r52Xk46c+LsfB5P442p7atdPUrxQSy4mti/tZI3Mgf2EuFVbUoDBvaRQ+SWxkbkmoEzL7JXroSB\
    jSrK3YIQgYdMgyAEPTPjXv/hI2/1eTSPVZfzL0lffNn03IXqWF5MDFuoUYE0hzb2vhrlN/rKrbfDIwUbTrjjgieRbwC6\
    Cl0CgYEAwLb35x7hmQWZsWJmB/vle87ihgZ19S8lBEROLIsZG4ayZVe9Hi9gDVCOBmUDdaDYVTSNx/8Fyw1YYa9XGrGn\
    Dew00J28cRUoeBB/jKI1oma0Orv1T9aXIWxKwd4gvxFImOWr3QRL9KEBRzk2RatUBnmDZJTIAfwTs0g68UZHvtcCgYBk\
    r5jATt2JSHSpHW1HvDxYe2iUPHcxn85OjCIW+B95DdKKt6xeOb2BnkouExe+j67P4pQlYPFLmkVD8zR692jV0qJFONXD\
    /Hg3KrJc8zmdQs+RylTzbuuelnMAkql2FYCCqtcYoAQJAfRe3i1rOeOd3/NWkCZlmrrRY8wEx8py4QKBgA6tIH4CdQ3R\
    Rl4i70BGZ7ihDdFFJrCQcZI8nXN4+GWHQYjEQMvOsdLxwo8sHDJWGIOMqAuGGWvYTVXLI6gNxXoi9fa5PIOkJ9vU7dHI\
    /Kqshac/bzQwVHwgIiVXhEjoyQ2T2B3R2PL9W/qPmdl+bby8fkwnpH+6Mcnig1Kilo4rAoGAVIMpMYbPf47dT1w/zDUX\
    fPimsSegnMOA1zTaX7aGk/8urY6R8+ZW1FxU7AlWAyLWybqq6t16VFd7hQd0y6flUK4SlOydB61gwanOsXGOAOv82cHq\
    0E3eL4HrtZkUuKvnPrMnsUUFlfUdybVzxyjz9JF/XyaY14ardLSjf4L/FNY=";
