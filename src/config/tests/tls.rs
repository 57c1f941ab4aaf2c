//! Files of a listener's TLS.

use std::fs;

use rcgen::{CertifiedKey, generate_simple_self_signed};

use super::*;

/// A listener with these settings of its TLS, whose files stand in `directory`.
fn listener(directory: &Path, more: &str) -> String {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(directory.join("cert.pem"), cert.pem()).unwrap();
    fs::write(directory.join("key.pem"), signing_key.serialize_pem()).unwrap();
    let at = directory.display();
    format!(
        "[[listener]]\nname = 'main'\nlisten = '127.0.0.1:8443'\n[listener.tls]\n\
         cert_file = '{at}/cert.pem'\nkey_file = '{at}/key.pem'\n{more}"
    )
}

#[test]
fn files_are_tried_and_shown() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path().display();
    let clients = format!("client_ca_file = '{at}/cert.pem'\nclient_certificates = 'optional'\n");

    let config = accepted(&listener(directory.path(), &clients), &[]);
    let again = accepted(&show(&config), &[]);

    let tls = config.listeners[0].tls.clone().unwrap();
    assert!(tls.client_optional && tls.client_ca.is_some());
    assert_eq!(again.listeners, config.listeners);
}

#[test]
fn what_cannot_be_used_is_refused_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path().display();
    let both = format!("key_file = '{at}/cert.pem'\n");
    for (text, says) in [
        (
            listener(directory.path(), "client_certificates = 'optional'\n"),
            "certificates of an authority only",
        ),
        (
            listener(directory.path(), "").replace("key.pem", "cert.pem"),
            "cannot end TLS",
        ),
        (
            listener(directory.path(), "").replace("key.pem", "none.pem"),
            "cannot be read",
        ),
        (
            format!("[[listener]]\nname = 'a'\nlisten = '127.0.0.1:1'\n[listener.tls]\n{both}"),
            "`cert_file`",
        ),
    ] {
        let shown = refused(&text, &[]);
        assert!(shown.contains(says), "{says}\n{shown}");
    }
}
