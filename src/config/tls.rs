//! Reads how a listener ends TLS.

use crate::config::mistake::Mistake;
use crate::config::section::Section;
use crate::config::teams::readable;
use crate::config::value::{one_of, path};
use crate::listen::tls::{Acceptor, Files};

/// `[listener.tls]`, whose files are tried at once.
pub(super) fn tls(listener: &mut Section<'_>) -> Option<Files> {
    if listener.is_absent("tls") {
        return None;
    }
    listener.table("tls", |section| {
        let certificate = section.required("cert_file", |s| readable(path(s)?));
        let key = section.required("key_file", |s| readable(path(s)?));
        let client_ca = section.optional("client_ca_file", |s| readable(path(s)?));
        let client_crl = section.optional("client_crl_file", |s| readable(path(s)?));
        let mut client_optional = false;
        let optional = section.set(
            "client_certificates",
            &mut client_optional,
            one_of(CLIENT_CERTIFICATES),
        );
        let needless = client_crl.as_ref().map(|file| &file.place);
        let needless = needless.or(optional.as_ref());
        if let (true, Some(place)) = (section.is_absent("client_ca_file"), needless) {
            let mistake = Mistake::error("clients are asked for certificates of an authority only");
            let help = "add `client_ca_file`, or remove this";
            section
                .notes
                .add(mistake.at(place, "without effect").help(help));
        }
        let (certificate, key) = certificate.zip(key)?;
        let place = certificate.place.clone();
        let files = Files {
            certificate: certificate.value,
            key: key.value,
            client_ca: client_ca.map(|file| file.value),
            client_crl: client_crl.map(|file| file.value),
            client_optional,
        };
        if let Err(error) = Acceptor::load(files.clone()) {
            let mistake = Mistake::error(format!("this listener cannot end TLS: {error}"));
            let help = "give PEM files: `cert_file` with the whole chain, and its `key_file`";
            section
                .notes
                .add(mistake.at(&place, "with these files").help(help));
        }
        Some(files)
    })
}

/// The words for whether clients without a certificate are let in.
pub(super) const CLIENT_CERTIFICATES: &[(&str, bool)] = &[("required", false), ("optional", true)];
