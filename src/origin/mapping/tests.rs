use tower::service_fn;
use tower::util::BoxCloneSyncService;

use super::*;
use crate::exchange::BoxError;

fn mapping(prefix: &str, path: &str) -> Arc<Mapping> {
    let url = Uri::from_static("http://127.0.0.1:9000");
    let nobody = service_fn(|_| async { Err::<http::Response<_>, BoxError>("nobody".into()) });
    let limits = upstream::Limits::default();
    Arc::new(Mapping {
        index: 0,
        site: 0,
        upstream: Upstream::new(url.clone(), BoxCloneSyncService::new(nobody), limits),
        config: Config {
            prefix: prefix.to_owned(),
            upstream: upstream::Config {
                url,
                ca_file: None,
                proxy: None,
                limits,
            },
            path: path.to_owned(),
            callers: Callers::Known,
            heuristic_freshness: false,
        },
    })
}

fn paths(reference: &'static str) -> Vec<String> {
    let mapping = mapping("/files/", "/base/");
    let reference = HeaderValue::from_static(reference);
    mapping.paths("/base/a/b?x", &reference, Some("gw:8080"))
}

#[test]
fn longest_prefix_wins() {
    let all = [
        mapping("/files/", "/"),
        mapping("/files/new/", "/n/"),
        mapping("/x/", "/"),
    ];

    let path_of = |path| find(&all, path).map(|found| found.config.path.as_str());

    assert_eq!(path_of("/files/a"), Some("/"));
    assert_eq!(path_of("/files/new/a"), Some("/n/"));
    assert_eq!((path_of("/files"), path_of("/filesx/a")), (None, None));
}

#[test]
fn path_of_the_origin_stands_in_place_of_the_prefix() {
    let target = |path, uri: &'static str| mapping("/files/", path).target(&Uri::from_static(uri));

    assert_eq!(
        &*target("/", "/files/a//b%2Fc/?q=1&q=1").unwrap(),
        "/a//b%2Fc/?q=1&q=1"
    );
    assert_eq!(&*target("/base/", "http://gw/files/").unwrap(), "/base/");
    assert_eq!(&*target("/", "/files/a?").unwrap(), "/a?");
}

#[test]
fn paths_that_lead_out_of_the_prefix_are_refused() {
    for path in [
        "/files/../a",
        "/files/a/%2e%2E",
        "/files/./a",
        "/files/.%2e/x",
    ] {
        let uri: Uri = path.parse().unwrap();
        let error = mapping("/files/", "/").target(&uri).unwrap_err();
        assert_eq!(error.kind(), Kind::MalformedPath, "{path}");
    }
}

#[test]
fn references_lead_to_paths_of_the_same_origin_only() {
    assert_eq!(paths("http://127.0.0.1:9000/c?y#z"), ["/c"]);
    assert_eq!(paths("//127.0.0.1:9000/c"), ["/c"]);
    assert_eq!(paths("/c/%7Ed"), ["/c/~d"]);
    assert_eq!(paths("c/../../d/"), ["/base/d/"]);
    assert_eq!(paths("?z"), ["/base/a/b"]);
    assert_eq!(paths("http://gw:8080/files/c"), ["/base/c"]);
    assert_eq!(paths("/files/c"), ["/base/c", "/files/c"]);
    for other in [
        "http://other:9000/c",
        "https://127.0.0.1:9000/c",
        "//other/c",
        "http://gw:8080/c",
    ] {
        assert_eq!(paths(other), [""; 0], "{other}");
    }
}

#[test]
fn spellings_of_one_path_are_one() {
    assert_eq!(canonical("/a%2db%2fc%zz%4?x"), "/a-b%2Fc%zz%4");
}
