//! What is accepted, and gzip there and back.

use proptest::prelude::*;

use super::*;

fn accepted(lines: &[&'static str]) -> (bool, bool) {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(ACCEPT_ENCODING, HeaderValue::from_static(line));
    }
    let Accepted { gzip, plain } = Accepted::of(&headers);
    (gzip, plain)
}

#[test]
fn accept_encoding_is_read_as_rfc_9110_says() {
    let (gzip, either, plain, neither) =
        ((true, false), (true, true), (false, true), (false, false));
    for (line, expected) in [
        ("", plain),
        ("gzip", either),
        ("GZip;Q=0.001", either),
        ("x-gzip", either),
        ("deflate, gzip;q=1.0, *;q=0.5", either),
        ("*", either),
        ("br", plain),
        ("gzip;q=0", plain),
        ("gzip;q=0.000, *", plain),
        ("gzip;q=0.5, identity", plain),
        ("gzip;q=0.5, *", plain),
        ("gzip, identity;q=0.5", either),
        ("gzip ; q=1, identity ; q=0", gzip),
        ("gzip, *;q=0", gzip),
        ("identity;q=0", neither),
        ("*;q=0", neither),
        ("br, *;q=0, identity;q=0.1", plain),
        ("gzip;q=1.001", plain),
        ("gzip;q=0.0001", plain),
        ("gzip;q=-1", plain),
        ("gzip;q=", plain),
        ("gzip;level=1", plain),
        ("identity;q=nothing", plain),
    ] {
        assert_eq!(accepted(&[line]), expected, "{line}");
    }
    assert_eq!(accepted(&[]), plain);
    assert_eq!(accepted(&["br", "gzip"]), either);
    assert_eq!(accepted(&["gzip", "identity;q=0"]), gzip);
}

#[tokio::test]
async fn several_members_make_one_body() {
    let two = [gzip(b"[1,"), gzip(b"2]")].concat();

    assert_eq!(gunzip(&two, 100).await, Ok(Bytes::from_static(b"[1,2]")));
}

#[tokio::test]
async fn bomb_is_refused_before_it_is_whole() {
    let bomb = gzip(&vec![b' '; 20 << 20]);
    assert!(bomb.len() < 32 << 10, "{}", bomb.len());

    assert_eq!(gunzip(&bomb, 1 << 20).await, Err(GunzipError::TooLarge));
}

#[tokio::test]
async fn plain_form_may_be_as_large_as_the_limit_and_not_a_byte_more() {
    let coded = gzip(&vec![b' '; 300_000]);

    assert_eq!(gunzip(&coded, 300_000).await.unwrap().len(), 300_000);
    assert_eq!(gunzip(&coded, 299_999).await, Err(GunzipError::TooLarge));
}

#[tokio::test]
async fn what_is_cut_off_or_damaged_is_refused() {
    let whole = gzip(b"a list of things, all of them different: 0123456789");
    for length in 0..whole.len() {
        let cut = gunzip(&whole[..length], 1000).await;
        assert!(
            length == 0 || cut == Err(GunzipError::Malformed),
            "{length}"
        );
    }
    let mut damaged = whole.to_vec();
    damaged[20] ^= 1;

    assert_eq!(gunzip(&damaged, 1000).await, Err(GunzipError::Malformed));
    assert_eq!(gunzip(b"[1,2]", 1000).await, Err(GunzipError::Malformed));
}

#[test]
fn validators_of_two_forms_differ_and_lead_back() {
    let plain = HeaderValue::from_static("\"abc\"");
    let weak = HeaderValue::from_static("W/\"abc\"");

    let coded = gzip_tag(&plain).unwrap();

    assert_ne!(coded, plain);
    assert_eq!(plain_tags(&coded), plain);
    assert_eq!(plain_tags(&plain), plain);
    assert_eq!(gzip_tag(&coded), None);
    assert_eq!(gzip_tag(&weak), Some(weak));
    assert_eq!(gzip_tag(&HeaderValue::from_static("abc")), None);
}

proptest! {
    #[test]
    fn gzip_there_and_back_is_the_same(plain in prop::collection::vec(any::<u8>(), 1..5_000)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let back = runtime.block_on(gunzip(&gzip(&plain), plain.len()));
        prop_assert_eq!(back, Ok(Bytes::from(plain)));
    }
}
